//! Calls of one plan share what is the same in their batches, and nothing else.

use super::*;
use crate::wire::message::Work;

/// The same plan again, with other names.
fn again(call: &Call, first: u64, inputs: [u64; 2]) -> Box<Call> {
    Box::new(Call { first, inputs: inputs.to_vec(), ..call.clone() })
}

/// What nodes are told, and the part of it that calls may share.
fn submit(d: &mut Driver, call: Box<Call>) -> (Vec<String>, Vec<Arc<Work>>) {
    let actions = d.on(Event::Submit(3, call));
    let work = actions.iter().filter_map(|action| match action {
        Action::Send(_, ToWorker::Tasks(batch)) => Some(Arc::clone(&batch.work)),
        _ => None,
    });
    (actions.iter().map(text).collect(), work.collect())
}

fn is_shared(a: &[Arc<Work>], b: &[Arc<Work>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
}

#[test]
fn a_plan_is_laid_out_once_while_its_operands_stay() {
    let mut d = with_inputs();
    let call = call(1, 10);
    let (_, first) = submit(&mut d, again(&call, 10, [1, 2]));
    let (_, second) = submit(&mut d, again(&call, 20, [1, 2]));
    let (told, third) = submit(&mut d, again(&call, 30, [1, 2]));
    assert!(!is_shared(&first, &second), "what is called once is not kept");
    assert!(is_shared(&second, &third));
    let expected = [
        "n0: batch 3 of 1 tasks: g1 here x1, g2 from n1 x1, g30 made x1",
        "n1: batch 3 of 1 tasks: g30 from n0 x1, g2 here x2, g31 kept x0",
        "3: done",
    ];
    assert_eq!(told, expected);
    // Both operands are on node 1.
    let (told, other) = submit(&mut d, again(&call, 40, [2, 31]));
    let expected = [
        "n0: batch 4 of 1 tasks: g2 from n1 x1, g31 from n1 x1, g40 made x1",
        "n1: batch 4 of 1 tasks: g40 from n0 x1, g31 here x2, g41 kept x0, g2 here x1",
        "3: done",
    ];
    assert_eq!(told, expected);
    assert!(!is_shared(&third, &other));
    let (told, back) = submit(&mut d, again(&call, 50, [1, 2]));
    assert_eq!(told[0], "n0: batch 5 of 1 tasks: g1 here x1, g2 from n1 x1, g50 made x1");
    assert!(!is_shared(&other, &back));
}

#[test]
fn results_that_are_copied_are_laid_out_anew() {
    let mut d = with_inputs();
    let call = call(1, 10);
    submit(&mut d, again(&call, 10, [1, 2]));
    submit(&mut d, again(&call, 20, [1, 2]));
    d.copy_results(1, 64);
    let (told, _) = submit(&mut d, again(&call, 30, [1, 2]));
    assert_eq!(told[1], "n1: batch 3 of 1 tasks: g30 from n0 x1, g2 here x2, g31 copied x0");
}

#[test]
fn a_kept_layout_names_nobody_who_is_gone() {
    let mut d = with_inputs();
    let call = call(1, 10);
    for first in [10, 20] {
        submit(&mut d, again(&call, first, [1, 1]));
        d.on(Event::From(N0, report(&[(first / 10, 1)], &[])));
        d.on(Event::From(N1, report(&[(first / 10, 1)], &[])));
    }
    d.on(Event::Lost(N1, "gone".to_owned()));
    d.on(Event::From(N0, ToDriver::Inventory(1, vec![1])));
    let (told, _) = submit(&mut d, again(&call, 30, [1, 1]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("n0: batch") && told[0].contains("of 2 tasks: g1 here x1, g1 here x2, g30 made x1, g31 kept x0"),
        "{told:?}"
    );
}
