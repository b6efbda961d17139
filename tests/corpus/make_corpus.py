#!/usr/bin/env python3
"""Writes first.rs, second.rs and answers.txt: NumPy's answers to expressions that between them use every function of the tables.

    python3 make_corpus.py        # needs NumPy >= 2.4 only

The same text is evaluated by NumPy here and compiled by `nums!` there (tests/corpus.rs), over the arrays of `INPUTS`, whole and
cut into odd blocks. To add a case, add its text to `CASES`. Lines of answers.txt: `NAME DTYPE SHAPE HEX`, little-endian.
"""
import os
import re
import sys
import warnings

os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
warnings.simplefilter("ignore")
import numpy as np  # noqa: E402

np.seterr(all="ignore")
rng = np.random.default_rng(20)
nan, inf = np.nan, np.inf
INPUTS = {
    "a": rng.standard_normal((3, 4)), "b": rng.standard_normal((4, 5)), "c": np.array([[1.0, 2, 2, 0], [3, 3, -1, 2], [0, 5, 2, 1]]),
    "v": rng.standard_normal(7), "w": np.array([-1.5, -0.5, 0.25, 0.75, 2.0]),
    "n": np.array([[1.0, nan, -2, inf], [nan, nan, 0.5, -0.0], [3, -inf, nan, 2]]),
    "k": rng.integers(-9, 10, (3, 4)), "p": np.array([3, 1, 0, 3, 5, 1], np.int32), "i": np.array([0, 2, -1, 1, 2]),
    "u": rng.integers(0, 255, (4, 3)).astype(np.uint8), "m": rng.random((3, 4)) < 0.5, "q": np.array([True, False, True]),
    "z": rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4)), "f": rng.standard_normal((3, 4)).astype(np.float32),
    "t": rng.standard_normal((2, 3, 4)), "g": rng.standard_normal((4, 4)), "r": np.array([2.0, 1.0, 3.0]), "e": np.zeros((0, 3)),
    "x3": rng.standard_normal((5, 3)), "y3": rng.standard_normal(3),
}
UNARY = """absolute negative positive square sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh
tanh arcsinh arctanh floor ceil trunc rint sign reciprocal deg2rad rad2deg isnan isfinite isinf signbit conjugate real imag logical_not
isposinf isneginf isreal iscomplex angle nan_to_num sinc fabs""".split()
BINARY = """add subtract multiply divide floor_divide remainder power maximum minimum fmax fmin hypot arctan2 copysign nextafter logaddexp
logaddexp2 heaviside fmod equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor float_power""".split()
REDUCE = """sum prod mean max min any all std var ptp count_nonzero argmax argmin median nansum nanprod nanmean nanmax nanmin nanvar
nanstd nanmedian cumsum cumprod""".split()
CASES = []
for f in UNARY:
    if f == "fabs":
        continue
    CASES += [f"np.{f}({x})" for x in ("a", "n", "k", "f")]
for f in BINARY:
    CASES += [f"np.{f}({x}, {y})" for x, y in (("a", "c"), ("n", "2.5"), ("k", "u.T"), ("f", "r[:, None]"))]
for f in REDUCE:
    CASES += [f"np.{f}({x}{args})" for x, args in (("a", ""), ("n", ", axis=0"), ("k", ", axis=-1"), ("t", ", axis=1"), ("m", ", axis=1"))]
    if f not in ("cumsum", "cumprod", "argmax", "argmin"):
        CASES += [f"np.{f}(t, axis=(0, 2))", f"np.{f}(c, axis=1, keepdims=True)"] if f != "median" else ["np.median(t, axis=(0, 2), keepdims=True)"]
CASES += """
np.sort(a) | np.sort(c, axis=0) | np.sort(n, axis=None) | np.sort(n, axis=0) | np.sort(v) | np.sort(z, axis=1) | np.sort(m, axis=0) | np.sort(u, axis=-1)
np.argsort(c, axis=1, stable=True) | np.argsort(v) | np.argsort(k, axis=0, stable=True) | np.argsort(p, stable=True) | np.argsort(n, axis=1, stable=True)
np.lexsort((p, p % 2)) | np.lexsort([v[:6], p]) | np.searchsorted(w, v) | np.searchsorted(w, a, side="right") | np.searchsorted(np.sort(p), [0, 1, 3, 9])
np.digitize(v, w) | np.digitize(c, w, right=True) | np.isin(k, p) | np.isin(c, [2.0, 5.0], invert=True) | np.bincount(p) | np.bincount(p, weights=v[:6], minlength=9)
np.unique(c) | np.unique(n) | np.unique(p) | np.unique(k, return_counts=True)[1] | np.unique(c, return_inverse=True)[1] | np.unique(p, return_index=True)[1]
np.union1d(c, k) | np.intersect1d(c, k) | np.setdiff1d(c, k) | np.setxor1d(p, i) | np.histogram(v)[0] | np.histogram(v, bins=4)[1] | np.histogram(a, bins=5, range=(-1, 1))[0]
np.histogram(v, bins=w)[0] | np.histogram(v, bins=3, density=True)[0] | np.interp(v, w, w ** 2) | np.interp(c, w, w, left=-9, right=9)
np.nonzero(c)[0] | np.nonzero(c)[1] | np.nonzero(m)[1] | np.flatnonzero(c) | np.argwhere(m) | np.where(m)[0] | np.where(m, a, c) | np.where(m, k, 2)
a[m] | k[c > 1] | a[q] | a[:, m[0]] | t[:, m] | a[q, 1:3] | a[i[:2], 1] | a[i] | a[:, i] | a[i[:, None], i] | t[i[:2] % 2, :, i[:2]] | t[:, [0, 2], 1:] | a[[0, 2, 0]] | a[[0, 1], [2, 3]]
t[0, [1, 2], ::2] | t[..., [3, 0]] | a[-1] | a[..., 1] | a[None, :, 2] | a[1:, ::-1] | a[::2, -3:-1] | t[:, 1, None, ::-2] | v[[True, False, True, True, False, False, True]]
np.take(a, i) | np.take(a, i, axis=0) | np.take(a, [[0, 1], [3, 2]], axis=1) | np.take(v, [9, -9], mode="clip") | np.take(v, [9, -9], mode="wrap") | np.take_along_axis(a, np.argsort(a, axis=1), axis=1)
np.take_along_axis(c, np.argmax(c, axis=0, keepdims=True), axis=0) | np.compress(q, a, axis=0) | np.compress([1, 0, 1, 1], a, axis=1) | np.extract(m, a) | np.select([c > 2, c > 0], [c, -c], 7.0)
np.diagonal(a) | np.diagonal(g, offset=1) | np.diagonal(t, axis1=1, axis2=2) | np.diagonal(t, -1, 0, 2) | np.diag(a) | np.diag(v, k=-1) | np.diag(g, 2) | np.diagflat(r, 1) | np.trace(g) | np.trace(t, axis1=1, axis2=2)
np.tril(a) | np.triu(a, 1) | np.tril(t, -1) | np.triu(g, k=-2) | np.tri(3) | np.tri(3, 5, 1) | np.vander(r) | np.vander(r, 2, increasing=True)
np.squeeze(t[:1]) | np.squeeze(a[None], axis=0) | np.expand_dims(a, 1) | np.expand_dims(a, (0, -1)) | np.swapaxes(t, 0, 2) | np.moveaxis(t, 0, -1) | np.moveaxis(t, [0, 1], [2, 0]) | np.matrix_transpose(t) | t.mT | a.T
np.atleast_1d(s0) | np.atleast_2d(v) | np.atleast_3d(a) | np.flip(t) | np.flip(t, axis=1) | np.flip(t, axis=(0, 2)) | np.fliplr(a) | np.flipud(a) | np.rot90(a) | np.rot90(a, 2) | np.rot90(a, -1) | np.rot90(t, 1, axes=(1, 2))
np.roll(v, 2) | np.roll(a, 5) | np.roll(a, -1, axis=0) | np.roll(t, (1, 2), axis=(0, 2)) | np.tile(v, 2) | np.tile(a, (2, 1)) | np.tile(a, (2, 1, 2)) | np.repeat(v, 3) | np.repeat(a, 2, axis=1) | np.repeat(a, [1, 0, 2], axis=0)
np.broadcast_to(r, (2, 3)) | np.broadcast_to(r[:, None], a.shape) | np.broadcast_arrays(a, r[:, None])[1] | np.stack([a, c]) | np.stack((a, c), axis=-1) | np.vstack([r, y3]) | np.hstack([a, c]) | np.hstack([r, y3]) | np.dstack([a, c])
np.column_stack([r, y3]) | np.concatenate([a, c], axis=1) | np.concatenate((a, k)) | np.append(a, c, axis=0) | np.append(v, 3.0) | np.split(v[:6], 3)[1] | np.split(a, [1, 3], axis=1)[1] | np.array_split(v, 3)[0] | np.array_split(v, 3)[2] | np.hsplit(a, 2)[1] | np.vsplit(g, 2)[0] | np.dsplit(t, 2)[1]
np.pad(v, 2) | np.pad(a, (1, 0)) | np.pad(a, ((1, 2), (0, 1)), constant_values=7) | np.pad(v, 2, mode="edge") | np.pad(v, (3, 1), mode="reflect") | np.pad(v, (1, 3), mode="symmetric") | np.pad(a, 1, mode="wrap")
np.zeros((2, 3)) + r | np.ones(3, dtype=np.int32) * r | np.full((2, 2), 7) + g[:2, :2] | np.zeros_like(k) + u.T | np.ones_like(f) * f | np.full_like(a, 2) + a | np.arange(3) * r | np.arange(1, 10, 3) + r | np.eye(4) @ g | np.identity(3) + r | np.eye(3, 4, 1) * a
np.linspace(0, 1, 5) + w | np.linspace(-2, 3, 5, endpoint=False) + w | np.logspace(0, 2, 5) * w | np.geomspace(1, 16, 5) * w | np.meshgrid(r, w)[0] | np.meshgrid(r, w, indexing="ij")[1] | np.array([1, 2, 3]) * r | np.array([[1.5, 2], [3, 4]]) @ g[:2] | r + [1, 2, 3]
np.clip(a, -1, 1) | np.clip(k, 0, 5) | np.clip(u, 10, 300) | np.clip(a, None, r[:, None]) | np.round(a, 2) | np.round(c / 3) | np.around(k, -1) | np.diff(v) | np.diff(a, axis=0) | np.diff(k, n=2) | np.diff(m, axis=0) | np.gradient(v) | np.gradient(a, axis=0) | np.gradient(v, 0.5)
np.trapezoid(v) | np.trapezoid(a, dx=0.5, axis=0) | np.trapezoid(w ** 2, w) | np.cov(a) | np.cov(a, rowvar=False) | np.cov(v) | np.cov(a, bias=True) | np.corrcoef(a) | np.average(a) | np.average(a, axis=0, weights=r) | np.average(c, weights=np.abs(a))
np.percentile(v, 30) | np.quantile(a, 0.25, axis=1) | np.quantile(a, [0.1, 0.5, 0.9], axis=0) | np.percentile(t, [25, 75]) | np.quantile(n, 0.5, axis=0) | np.quantile(c, 0.3, axis=(0, 1), keepdims=True) | np.median(f, axis=0) | np.median(u)
np.std(a, ddof=1) | np.var(z) | np.var(k, axis=0, ddof=1) | np.std(f, axis=1) | np.nancumsum(n, axis=1) | np.cumsum(u) | np.cumsum(a, axis=0) | np.cumprod(k, axis=1) | np.cumulative_sum(v, include_initial=True) | np.maximum.accumulate(v) | np.minimum.accumulate(a, axis=1)
np.argmax(n, axis=1) | np.nanargmax(n, axis=1) | np.nanargmin(c, axis=0) | np.argmin(a, axis=0, keepdims=True) | np.argmax(m) | a.argmax() | a.cumsum(axis=1) | k.sum() | a.mean(axis=0) | k.std() | u.max(axis=0) | a.reshape(4, 3) | a.reshape((2, -1)) | a.ravel() | t.transpose(2, 0, 1) | k.astype(np.float32) | a.clip(0, 1) | c.round(1)
np.einsum("ij,jk->ik", a, b) | np.einsum("ij->ji", a) | np.einsum("ii->i", g) | np.einsum("ii", g) | np.einsum("ij,ij->", a, c) | np.einsum("ij,ij->j", a, c) | np.einsum("i,j->ij", v, r) | np.einsum("bij,jk->bik", t, b) | np.einsum("ijk,jf->ikf", t, x3[:3]) | np.einsum("ij,jk,kl->il", a, b, x3) | np.einsum("...ij,jk->...ik", t, b) | np.einsum("ij,kj", a, c)
np.tensordot(t, a, axes=2) | np.tensordot(a, b, axes=1) | np.tensordot(r, v, axes=0) | np.tensordot(t, x3, axes=([1], [1])) | np.dot(a, b) | np.dot(v, v) | np.dot(t, b) | np.inner(a, c) | np.outer(v, r) | np.vdot(z, z) | np.vecdot(a, c) | np.matvec(t, b[:, 0]) | np.vecmat(r, a) | np.kron(a[:2, :2], r) | np.kron(r, v) | np.cross(x3, y3) | np.cross(x3, x3[::-1])
a @ b | v @ v | t @ b | a.T @ a | z @ z.T | k @ k.T | f @ f.T | r @ a | np.matmul(a, b[:, 0]) | np.linalg.solve(g, b) | np.linalg.norm(v) | np.linalg.norm(a) | np.linalg.norm(a, axis=1) | np.linalg.norm(a, 1, axis=0) | np.polyval(r, v) | np.convolve(v, r) | np.convolve(v, r, mode="same") | np.convolve(v, r, "valid")
np.isclose(a, a + 1e-9) | np.isclose(n, n, equal_nan=True) | np.allclose(a, a + 1e-9) | np.array_equal(a, a) | np.array_equal(a, c) | np.array_equal(a, b) | np.divmod(k, 4)[0] | np.divmod(k, 4)[1] | np.modf(a)[0] | np.modf(n)[1] | np.gcd(k, 6) | np.lcm(p, 4) | np.partition(r, 1)[1]
a if s0 > 0 else c | (a if len(v) > 9 else c) + 1 | 0 < a | (0 < c) & (c <= 2) | ~m | -k | +a | k % 3 | k // 1 if False else k | 2 ** c | a ** 2 | k ** 3 | 2j * a | 1 / c | a / 0 | k & 3 | k | u << 1 | k >> 1 | m ^ m.T.T | np.bitwise_or(k, 1) | np.invert(u) | np.left_shift(k, 2)
np.sum(e) | np.sum(e, axis=0) | np.mean(e, axis=1) | np.prod(e) | np.sort(e, axis=0) | np.cumsum(e, axis=0) | np.median(e, axis=0) | np.unique(e) | e + 1 | np.nonzero(e)[0] | np.concatenate([e, x3]) | a[m & ~m] | np.where(e)[0] | e @ x3.T | np.any(e) | np.all(e, axis=0)
np.sum(a, dtype=np.float32) | np.sum(k, axis=0, dtype=np.int32) | np.prod(u, axis=1, dtype=np.int64) | np.mean(f, dtype=np.float64) | np.mean(k, axis=0, dtype=np.float32) | a.sum(axis=0, initial=10) | np.prod(c, initial=2.5) | np.max(a, axis=1, initial=1) | np.min(k, initial=-3) | np.sum(a, where=m) | np.sum(t, axis=(0, 2), where=m[:1], keepdims=True)
np.mean(a, axis=1, where=m) | np.mean(f, where=c > 1) | np.max(a, axis=0, initial=-1, where=m) | np.any(c, axis=0, where=m) | np.all(c, where=c > 0) | np.sum(m, dtype=bool) | np.std(a, correction=1) | np.var(k, axis=1, dtype=np.float32) | np.nansum(n, axis=0, dtype=np.float32) | np.average(a, axis=0, weights=r, returned=True)[1] | np.average(c, returned=True)[1] | np.average(a, axis=1, keepdims=True)
np.quantile(v, 0.4, method="lower") | np.quantile(p, 0.4, method="higher") | np.percentile(a, [10, 55], axis=1, method="nearest") | np.quantile(v, [0.25, 0.5], method="midpoint") | np.quantile(p, [0, 0.5, 1], method="inverted_cdf") | np.quantile(c, 0.5, axis=0, method="averaged_inverted_cdf") | np.quantile(p, [0.25, 0.75], method="closest_observation") | np.quantile(v, 0.3, method="interpolated_inverted_cdf")
np.quantile(v, [0.01, 0.3, 0.99], method="hazen") | np.quantile(v, 0.3, method="weibull") | np.quantile(a, 0.3, axis=0, method="median_unbiased") | np.quantile(a, [0.2, 0.9], axis=1, method="normal_unbiased") | np.quantile(n, 0.5, axis=1, method="lower") | np.nanquantile(n, 0.4, axis=0) | np.nanpercentile(n, [20, 80], axis=1, keepdims=True) | np.nanquantile(a, 0.5)
np.unique(np.round(a), axis=0) | np.unique(k % 2, axis=0) | np.unique(k % 2, axis=1, return_counts=True)[1] | np.unique(m, axis=0, return_inverse=True)[1] | np.unique(np.array([[1, 0], [0, 2], [1, 0]]) + k[:, :2] * 0, axis=0) | np.unique(p, axis=0) | np.unique(t[:, :, :2] > 0, axis=1, return_index=True)[1]
np.arcsin(z) | np.arccos(z) | np.arctan(z) | np.arcsinh(z) | np.arccosh(z) | np.arctanh(z) | np.expm1(z) | np.log1p(z) | np.exp2(z) | np.sign(z) | np.rint(z) | np.round(z, 1) | z.conj() | np.linalg.norm(a, 3, axis=1) | np.linalg.norm(a, np.inf) | np.linalg.norm(a, 1) | np.linalg.norm(t, -1, axis=(0, 2)) | np.linalg.norm(v, 0) | np.linalg.vector_norm(t, axis=(0, 2)) | np.linalg.matrix_norm(t) | np.linalg.matrix_norm(t, ord=1, keepdims=True) | np.linalg.matrix_power(g, 5) | np.linalg.matrix_power(g, 0) | np.clip(a, a_min=-1, a_max=1) | f * np.maximum(0.5, 2) | f * np.power(2, 0.5) | u + np.reciprocal(False) | f * np.mod(5.5, 2) | u * np.square(True) | np.reciprocal(0.5 == -1.5) + k
np.cov(f) | np.cov(z.astype(np.complex64)) | np.cov(a[:1]) | np.cov(f[:, 0]) | np.corrcoef(f) | np.corrcoef(a[:1]) | np.corrcoef(z) | np.corrcoef(v) | np.setdiff1d(u, [2.5, 4.0]) | np.setdiff1d(p, c) | np.setdiff1d(n, [2.0])
np.histogram(f)[0] | np.histogram(f, bins=3)[1] | np.histogram(f, bins=[0, 1, 2])[0] | np.histogram(k, bins=[-5, 0, 5])[1] | np.histogram(f, bins=3, range=(0, 1))[1] | np.histogram(f, bins=w)[0] | np.histogram(u, bins=3)[1] | np.histogram(p, bins=2, weights=i[[0, 1, 2, 3, 4, 0]])[0] | np.histogram(f, bins=2, weights=f)[0] | np.histogram(f, bins=2, weights=f, density=True)[0] | np.histogram(m, bins=2)[0]
np.nanmedian(e) | np.nanmedian(e, axis=0) | np.nanmedian(e, axis=1) | np.nanmedian(f[:, :0], axis=1, keepdims=True) | np.median(v * 1e308) | np.nanmedian(np.array([1.5e308, np.nan, 1.6e308, 1.7e308]) + v[0] * 0) | np.modf(u.astype(np.uint16))[0] | np.modf(p)[1] | np.angle(u.astype(np.uint16)) | np.angle(k) | np.angle(z, deg=True)
u + np.invert(300) | u + np.add(100, 200) | u + np.left_shift(1, 2) | u + np.bitwise_and(True, False) | np.nan_to_num(z / c) | np.nan_to_num((z / c).astype(np.complex64), nan=3.0, posinf=9) | np.nan_to_num(n + 1j * n.T.reshape(3, 4)) | np.median(z) | np.median(z / c, axis=1) | np.median(z / c, axis=0) | np.median(z[:, 0]) | np.median(n + 2j, axis=0)
np.unique_values(n) | np.unique_counts(n)[1] | np.unique_inverse(n)[1] | np.unique_all(n)[3] | np.nanquantile(e, 0.5, axis=0) | n ** 0.5 | k ** 0.5 | f ** 0.5 | np.power(n, 0.5) | n[0, 1] ** 0.5 | np.round(n + 1j * n.T.reshape(3, 4), 1) | (n + 1j * n.T.reshape(3, 4)) ** 3 | np.float_power(z, 2) | np.median(np.where(m, n[0, 3], 1.0) + 1j, axis=1) | np.angle(m) | m.conj() | k.conj() | np.conj(m) | np.vander(u[0].astype(np.uint64), 2) | np.quantile(k, 1) | np.quantile(p, [0, 1]) | np.quantile(f, 1) | np.quantile(u, True) | np.percentile(k, 100) | np.quantile(k, 1, method="hazen") | np.nanquantile(k, 1) | np.nanquantile(n, [0, 1], axis=1) | np.nanpercentile(p, 100) | np.quantile(f, [0.3, 0.4]) | np.quantile(n, 1, axis=0)
np.average(f, axis=0, weights=q) | np.average(f, axis=0, weights=q.astype(np.int8)) | np.average(k, axis=0, weights=f[:, 0] ** 2) | np.histogram(v, bins=3, weights=z.ravel()[:7])[0] | np.interp(v, w, z.ravel()[:5]) | np.polyval(q, m) | np.polyval(p[:3], u) | np.polyval(q, k) | np.trapezoid(k[0, :3], q) | np.trapezoid(f, m[0]) | np.cov(z[:0]) | np.corrcoef(z[:0]) | np.cov(e.T) | np.convolve(n[2], [1, 0.5]) | np.convolve(v, n[2]) | np.convolve(v, [1, np.inf]) | np.convolve([np.inf, 1], v, "same") | np.convolve(z[0], [1, 0.5, 2])
k * (True + True) | f + (True - True) | i + (-True) | k & ~True | m + True * True | np.abs(-2.5) * f | abs(-2.5) * f | np.add(True, True) * k | np.arctan2(f, np.abs(np.pi)) | pow(2, 2) * f | np.power(2, 2) * f | np.add(1j, 2) * f | np.multiply(2, 1.5) * f | np.real(2.5) * f | np.rint(True - True) + k | np.round(n + 1j * k.T.reshape(3, 4), 1) | np.round(np.conj(c / (n + 0j)), -1) | np.round(np.sqrt(n + 0j), 1) | np.round(np.sqrt(n.astype(np.complex64)), 1) | np.nan_to_num(np.sqrt(n + 0j)) | np.quantile(u, np.float32(0.3)) | np.quantile(f, f[0, :1] * 0 + 0.5) | np.quantile(i, f[0, :2] * 0 + 0.5) | np.nanquantile(f, np.float32(0.3), axis=0)
x3.shape[0] * v | len(a) + v | a.size + r | a.ndim * r | np.size(t) - r | np.ndim(t) * r | np.float32(2.5) * a | np.int64(3) + k | np.pi * r | np.e * r | np.inf * r | np.nan_to_num(n, nan=1.0, posinf=5.0) | np.where(np.isnan(n), np.newaxis is None, n)
""".replace("\n", "|").split("|")
SKIP = ("np.newaxis is None", " // ")


def hexed(x):
    x = np.ascontiguousarray(x)
    return x.astype(x.dtype.newbyteorder("<")).tobytes().hex() or "-"


def line(name, x):
    x = np.asarray(x)
    return f"{name} {x.dtype} {','.join(map(str, x.shape)) or '-'} {hexed(x)}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    inputs = dict(INPUTS, s0=np.float64(0.5))
    answers, table = [line(k, v) for k, v in inputs.items()], []
    seen = set()
    for text in (t.strip() for t in CASES):
        if not text or text in seen or any(s in text for s in SKIP):
            continue
        seen.add(text)
        try:
            want = eval(text, {"np": np, "len": len}, dict(inputs))
        except Exception as e:  # a case that NumPy refuses says nothing
            print("NumPy refuses", text, e, file=sys.stderr)
            continue
        want = np.asarray(want)
        if want.dtype == np.float16:
            continue
        if not re.search(r"\w", text):
            continue
        used = sorted({n for n in re.findall(r"(?<![\d.\w])[a-z]\w*\b(?!=[^=])", re.sub(r'"[^"]*"|\.[a-z]\w*|np', "", text)) if n in inputs}, key=list(inputs).index)
        number = len(table)
        bind = "".join(f"    let {n} = x.get(\"{n}\");\n" for n in used)
        bind = "".join(f"let {n} = x.get(\"{n}\"); " for n in used)
        shown = f'r#"{text}"#' if '"' in text else f'"{text}"'
        table.append(f"    ({shown}, |{'x' if used else '_'}| {{ {bind}nums!({text}) }}),\n")
        answers.append(line(f"={number}", want))
    open(f"{here}/answers.txt", "w").write("\n".join(answers) + "\n")
    half = (len(table) + 1) // 2
    for name, part, what in (("first", table[:half], "first"), ("second", table[half:], "second")):
        head = f"//! The {what} half of the expressions of the corpus, made by make_corpus.py: do not edit.\n//!\n"
        head += "//! Each is its text, and a function of the inputs that computes it.\n\n"
        head += "use super::Case;\nuse nums::prelude::*;\n\n"
        open(f"{here}/{name}.rs", "w").write(head + "pub(crate) const CASES: &[(&str, Case)] = &[\n" + "".join(part) + "];\n")
    print(len(table), "cases", file=sys.stderr)


main()
