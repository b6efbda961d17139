//! Programs that must not compile, each with one mistake, its full text pinned. `TRYBUILD=overwrite cargo test --test ui` blesses.

#[test]
fn every_mistake_is_named_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
