//! Walks of panels along any axis: short programs over square, stacked, stretched, empty and single axes.
//!
//! All executions give the same bits on one cut (`cases`), with no rows, one, a few, and a row more than the panels of sums have.
//! Programs as people write them are in `tests/executions.rs`.
#![allow(non_snake_case, reason = "matrices have large letters")]

#[path = "../nums-ir/tests/blocks/mod.rs"]
#[allow(dead_code, reason = "other tests cut and look up blocks as well")]
mod blocks;
#[macro_use]
mod cases;
#[path = "../nums-runtime/tests/tasks/mod.rs"]
mod tasks;

use cases::{Case, check};
use nums::prelude::*;

nums! {
    fn own_product(X: f64[n, d]) -> (f64[n, n], f64[d, d]) {
        Y = X * 2;
        (tanh(Y @ Y.T), tanh(Y).T @ Y)
    }

    fn square(X: f64[n, n], v: f64[n]) -> (f64[n], f64[n], f64[n, n], f64[n], f64[n]) {
        (X @ v, v @ X, X.T @ X, max(X * v, axis=0), sum(X * v, axis=1))
    }

    fn square_over(X: f64[n, n], W: f64[n, n]) -> (f64[n, n], f64[n]) {
        Y = X + 1;
        Z = tanh(Y @ W);
        (Z @ Y, sum(Z, axis=0))
    }

    fn square_both_ways(X: f64[n, n]) -> (f64[n, n], f64[n, n]) {
        Y = X - 1;
        (tanh(Y @ Y), abs(Y.T @ Y.T) + Y)
    }

    fn differences(x: f64[n], v: f64[n]) -> (f64[n], f64[n], i64[n]) {
        D = (x[:, None] - x) ** 2;
        E = exp(-D);
        (E @ v, v @ E, argmax(E * v, axis=1))
    }

    fn distances(X: f64[n, d], C: f64[k, d], v: f64[k]) -> (f64[n], f64[k], i64[n]) {
        D = sum((X[:, None, :] - C) ** 2, axis=2);
        (exp(-D) @ v, min(D, axis=0), argmin(D, axis=1))
    }

    fn column_sums(X: f64[d, n], B: f64[k, d]) -> (f64[k], f64[n], f64[k, 1]) {
        Z = tanh(B @ X);
        (sum(Z, axis=1), sum(Z, axis=0), mean(Z, axis=1, keepdims=True))
    }

    fn column_softmax(X: f64[d, n], W: f64[k, d]) -> (f64[k, n], f64[k, d]) {
        Z = W @ X;
        E = exp(Z - max(Z, axis=0, keepdims=True));
        P = E / sum(E, axis=0, keepdims=True);
        (P, P @ X.T)
    }

    fn best_of_columns(X: f64[d, n], W: f64[k, d]) -> (i64[n], i64[k]) {
        Z = W @ X;
        (argmax(Z, axis=0), argmin(Z, axis=1))
    }

    fn best_of_rows(X: f64[n, d], W: f64[d, k]) -> (i64[n], i64[k], f64[n, 1]) {
        Z = X @ W;
        (argmax(Z, axis=1), argmin(Z, axis=0), max(Z, axis=1, keepdims=True))
    }

    fn best_of_stack(X: f64[k, n, d], W: f64[d, d]) -> (i64[n, d], i64[k, d], i64[k, n]) {
        Z = X @ W;
        (argmax(Z, axis=0), argmax(Z, axis=1), argmax(Z, axis=2))
    }

    fn stack_sums(X: f64[k, n, d], W: f64[d, k]) -> (f64[n, k], f64[k, k], f64[k, n], f64[k]) {
        H = tanh(X @ W);
        (sum(H, axis=0), sum(H, axis=1), sum(H, axis=2), sum(H, axis=(1, 2)))
    }

    fn stack_of_one(A: f64[1, n, d], B: f64[k, d, k]) -> (f64[k, n, k], f64[1, n], f64[k, 1, k]) {
        H = tanh(A @ B);
        (H, sum(A * A, axis=2), max(H, axis=1, keepdims=True))
    }

    fn stack_of_fewer_axes(A: f64[n, d], B: f64[k, d, k], c: f64[k]) -> (f64[k, k], f64[k, n, 1]) {
        H = exp(A @ B) * c;
        (max(H, axis=1), sum(H, axis=2, keepdims=True))
    }

    fn stack_by_matrix(A: f64[d, n], X: f64[k, n, d], v: f64[n]) -> (f64[k, d, d], f64[k, d], f64[k, n, d]) {
        Y = X * v[:, None];
        (A @ Y, v @ Y, Y - 1)
    }

    fn stack_turned(X: f64[k, d, n], W: f64[d, d]) -> (f64[k, d, n], f64[k, n], f64[k, d]) {
        H = tanh(W @ X);
        (H - mean(H, axis=1, keepdims=True), max(H, axis=1), sum(H, axis=2))
    }

    fn four(X: f64[2, k, n, d], W: f64[d, k]) -> (f64[2, k, k], f64[k, n, k], i64[2, k, n]) {
        H = tanh(X @ W);
        (sum(H, axis=2), max(H, axis=0), argmin(H, axis=3))
    }

    fn four_of_fewer(X: f64[2, 1, n, d], W: f64[k, d, d], b: f64[k, 1, d]) -> (f64[2, k, n, d], f64[2, k, n]) {
        H = tanh(X @ W + b);
        (H, sum(H * H, axis=3))
    }

    fn four_heads(Q: f64[2, n, k, d]) -> (f64[2, n, k, d], f64[2, n, k]) {
        S = Q @ swapaxes(Q, 2, 3);
        E = exp(S - max(S, axis=3, keepdims=True));
        ((E / sum(E, axis=3, keepdims=True)) @ Q, sum(E, axis=2))
    }

    fn one_column(X: f64[n, 1], Y: f64[1, d], W: f64[d, k]) -> (f64[n, k], f64[d], f64[1, d]) {
        Z = X * Y;
        (tanh(Z) @ W, sum(Z, axis=0), X.T @ Z)
    }

    fn one_row(X: f64[1, n], W: f64[k, 1], Y: f64[k, n]) -> (f64[k, n], f64[k, 1], f64[1, n]) {
        Z = tanh(W @ X) * Y;
        (Z, Z @ X.T, X * sum(Z, axis=0))
    }

    fn one_term(x: f64[n, 1], v: f64[1], w: f64[1, n]) -> (f64[n], f64[n, n], f64[1]) {
        z = tanh(x @ v);
        (z, exp(x @ w), w @ z)
    }

    fn used_outside(X: f64[n, d], W: f64[d, k]) -> (f64[n, k], f64[n, k], f64[k], f64[k, k], f64[d, k]) {
        Z = X @ W;
        S = tanh(Z);
        (Z, S, sum(S, axis=0), S.T @ S, X.T @ cumsum(S, axis=1))
    }

    fn used_outside_turned(X: f64[d, n], W: f64[k, d]) -> (f64[k, n], f64[k, n], f64[n], f64[k, k], f64[k, d]) {
        Z = W @ X;
        S = tanh(Z);
        (Z, S, sum(S, axis=0), S @ S.T, S @ X.T)
    }

    fn twice(X: f64[d, n], W: f64[k, d]) -> (f64[k, n], f64[k, n], f64[k], f64[k]) {
        Z = exp(W @ X);
        s = sum(Z, axis=1);
        (Z, Z, s, s)
    }

    fn weak(X: f64[n, d], w: f64[d]) -> (f64[n], f64[d], f64[n, d]) {
        z = 2 * (X @ w) + n / 3;
        (z, z @ X, X * d - 0.5 * z[:, None])
    }

    fn whole_numbers(X: f64[n, d], W: f64[d, k]) -> (f64[n, k], i64[n], i64[d], f64[k, n], i64[d, d]) {
        J = (10 * X).astype(i64);
        (J @ W, sum(J, axis=1), argmax(J, axis=0), W.T @ (J * 0.5).T, J.T @ J)
    }

    fn single(X: f64[d, n], W: f64[k, d]) -> (f32[k, n], f32[k], f32[d, d], f32[n]) {
        F = X.astype(f32);
        Z = tanh(W.astype(f32) @ F);
        (Z, sum(Z, axis=1), F @ F.T, mean(F, axis=0))
    }

    fn single_and_double(X: f64[n, d], y: f64[n], W: f64[d, k]) -> (f32[n, k], f32[k], f64[d]) {
        F = X.astype(f32);
        Z = F @ W.astype(f32);
        ((Z * y[:, None]).astype(f32), max(Z, axis=0), F.T @ y)
    }

    fn stacked_terms(T: f64[n, m, 2, k], B: f64[2, d], C: f64[d, m]) -> f64[n, k, 2] {
        np.einsum("rtsl,sq,qt->rls", tanh(T), B, C)
    }

    fn stacked_terms_of_one(T: f64[n, m, 2, k], B: f64[2, m, 1]) -> f64[n, k, 1, 2] {
        np.einsum("rtsl,stj->rljs", tanh(T), B)
    }

    fn strided_terms(T: f64[n, m, k], v: f64[m], Y: f64[n, m]) -> (f64[n, k], f64[n, k], f64[n]) {
        E = exp(T);
        (np.einsum("rtl,t->rl", E, v), np.einsum("rtl,rt->rl", E, Y) * 2, np.einsum("rtl,rt->r", E, Y))
    }

    fn long_chain(X: f64[n, d], W: f64[d, k], Y: f64[n, k], Z: f64[n, k]) -> (f64[n, k], f64[n]) {
        A = tanh(X);
        (np.einsum("nd,dk,nk,nk->nk", A, W, Y, Z), np.einsum("nd,dk,nk,nk->n", A, W, Y, Z))
    }

    fn outer_terms(X: f64[n, d], Y: f64[n, k]) -> (f64[n, k, d], f64[d, n, k], f64[n], f64[d, k]) {
        A = exp(X);
        (
            np.einsum("nd,nk->nkd", A, Y),
            np.einsum("nd,nk->dnk", A, Y) + 1,
            np.einsum("nd,nd->n", A, X),
            np.einsum("nd,nk->dk", A, Y)
        )
    }

    fn spreads(X: f64[d, n], W: f64[k, d]) -> (f64[d], f64[n], f64[k], f64[k, n]) {
        Z = W @ X;
        (var(X, axis=1), std(X, axis=0), std(Z, axis=1), (Z - mean(Z, axis=0)) / (1 + var(Z, axis=0)))
    }

    fn vectors(x: f64[n], y: f64[n]) -> (f64[], f64[n], f64[], f64[n, n]) {
        z = tanh(x) * y;
        (x @ z, z - y, z @ z, exp(z[:, None] * x[None, :]))
    }

    fn weighted(X: f64[n, d], w: f64[n]) -> (f64[d, d], f64[d], f64[n, n]) {
        v = abs(w);
        ((X.T * v) @ X, X.T @ v, (X * v[:, None]) @ X.T)
    }

    fn two_lengths(A: f64[n, d], B: f64[n, n]) -> (f64[n, d], f64[d, d], f64[d, n]) {
        C = tanh(B @ A);
        (C, C.T @ A, A.T @ B)
    }

    /// Two walks of one array, along axes of other lengths.
    fn beside(A: f64[n, d], x: f64[n]) -> (f64[n], f64[n, d], f64[n, n]) {
        B = A + x[:, None];
        (sum(B, axis=1), B, x[:, None] * x)
    }

    fn square_factor(A: f64[n, n], C: f64[n, d]) -> (f64[n, d], f64[n, d], f64[n, n]) {
        Y = A @ C;
        (maximum(C, -C), Y, Y @ Y.T)
    }

    fn attention_over_itself(Q: f64[n, d], V: f64[n, k]) -> (f64[n, k], f64[n, k], i64[n]) {
        S = Q @ Q.T / 4;
        E = exp(S - max(S, axis=1, keepdims=True));
        F = exp(S - max(S, axis=0));
        ((E / sum(E, axis=1, keepdims=True)) @ V, (F / sum(F, axis=0)) @ V, argmax(S, axis=0))
    }

    fn sides(X: f64[n, d], W: f64[d, k], b: f64[n, 1]) -> (bool[k], f64[k, n], i64[]) {
        Z = where(X @ W > b, b, X @ W);
        (any(Z > 0.5, axis=0), (Z - b).T, sum(Z > b))
    }
}

/// Programs that 257 rows do not make long.
const PROGRAMS: &[Case] = programs! {
    distances("nd", "kd", "k");
    column_sums("dn", "kd");
    column_softmax("dn", "kd");
    best_of_columns("dn", "kd");
    best_of_rows("nd", "dk");
    best_of_stack("knd", "dd");
    stack_sums("knd", "dk");
    stack_of_one("1nd", "kdk");
    stack_of_fewer_axes("nd", "kdk", "k");
    stack_turned("kdn", "dd");
    four("2knd", "dk");
    one_column("n1", "1d", "dk");
    one_row("1n", "k1", "kn");
    used_outside("nd", "dk");
    used_outside_turned("dn", "kd");
    twice("dn", "kd");
    weak("nd", "d");
    whole_numbers("nd", "dk");
    single("dn", "kd");
    single_and_double("nd", "n", "dk");
    long_chain("nd", "dk", "nk", "nk");
    outer_terms("nd", "nk");
    spreads("dn", "kd");
    sides("nd", "dk", "n1");
};

/// Programs of squares of the rows, or of many terms a row.
const SQUARES: &[Case] = programs! {
    own_product("nd");
    square("nn", "n");
    square_over("nn", "nn");
    square_both_ways("nn");
    differences("n", "n");
    stack_by_matrix("dn", "knd", "n");
    four_of_fewer("21nd", "kdd", "k1d");
    four_heads("2nkd");
    one_term("n1", "1", "1n");
    stacked_terms("nm2k", "2d", "dm");
    stacked_terms_of_one("nm2k", "2m1");
    strided_terms("nmk", "m", "nm");
    vectors("n", "n");
    weighted("nd", "n");
    two_lengths("nd", "nn");
    beside("nd", "n");
    square_factor("nn", "nd");
    attention_over_itself("nd", "nk");
};

#[test]
fn no_rows_one_and_few() {
    for n in [0, 1, 17] {
        check(PROGRAMS, n, &[(1, 1), (2, 2)]);
        check(SQUARES, n, &[(1, 1), (1, 2), (2, 1)]);
    }
}

#[test]
fn a_row_more_than_panels_of_sums() {
    check(PROGRAMS, 257, &[(1, 1), (2, 1)]);
}
