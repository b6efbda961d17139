//! A user with strict lints: both forms of `nums!` compile here without an `allow`, so what the macro emits is beyond reproach.

#![forbid(unsafe_code, non_snake_case, non_upper_case_globals)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic, clippy::nursery)]

use nums::prelude::*;

nums! {
    /// One Newton step of logistic regression, and the residual.
    pub fn newton_step(X: f64[n, d], y: f64[n], Beta: f64[d]) -> (f64[d], f64[n]) {
        mu = logistic(X @ Beta);
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]);
        (Beta - linalg.solve(H, g), mu - y)
    }

    /// A generic function, new versions, a condition, a size from data.
    pub fn kept<T: Float>(X: T[n], Scale: T, flag: bool) -> (T[n], T[k]) {
        Y = X * Scale;
        Y[0] = 0;
        Y += 1;
        (Y if flag else X, Y[Y > 1])
    }

    /// More results than Clippy wants parameters, angles and powers that a loop looks at.
    pub fn many(x: f64[n], k: i64[n]) -> (f64[n], f64[n], f64[n], f64[n], f64[n], f64[n], i64[n], f64[n]) {
        s = sin(x);
        (s, cos(x), x ** 1.7, s * s, x + s, x - s, k ** k, exp(s))
    }

    fn logistic(Z: f64[n]) -> f64[n] {
        1 / (1 + exp(-Z))
    }

    /// A plain result, plain parameters of all kinds, and names that no lint likes.
    #[must_use = "a result of a call"]
    pub(crate) fn scaled(camelCase: f32[n, 2], K: usize, Scale: f64, flag: bool) -> f32 {
        sum(where(flag, camelCase[:, 0] * Scale, camelCase[:, 1])) / K
    }
}

/// Functions may stand in a module of their own, and need not be used.
pub mod inner {
    nums::nums! {
        /// Any rank.
        pub fn double(x: f64[..]) -> f64[..] {
            x + x
        }

        #[cfg(any())]
        fn never(x: f64[n]) -> f64[n] {
            x
        }
    }
}

/// Both forms together.
///
/// # Errors
/// What the calls say.
pub fn both(data: &Array<f64>, label: &Array<f64>) -> Result<(f64, Vec<f64>)> {
    nums! {
        fn column_means(X: f64[n, d]) -> f64[d] {
            mean(X, axis=0)
        }
    }
    let start = column_means(data)?;
    let (beta, residual) = newton_step(data, label, &start)?;
    let single = nums! { residual[:2, None].astype(f32) + np.zeros((1, 2), dtype=f32) -> Array<f32> }?;
    let total = scaled(&single, 2, 0.5, true)?;
    let twice: Array<f64> = inner::double(&beta)?;
    let rows = label.shape()[0];
    let share: f64 = nums! { _unused = 1; np.sum(residual ** 2) / rows + total * { f64::from(0_u8) } }?;
    Ok((share, twice.to_vec()?))
}
