#!/usr/bin/env python3
"""Writes numpy_answers.txt: what NumPy 2 answers for every row of the operator table, all dtypes, on edge values.

    python3 make_answers.py < rows.txt > numpy_answers.txt      # needs NumPy >= 2 only

`rows.txt` has a line for each row of the table, `map NAME ARITY` or `reduce NAME`: the test `numpy_answers` writes it, and
when a row has no answer says where it is. Lines of the result:

    list NAME DTYPE HEX            elements, little-endian
    map OP LIST... -> DTYPE HEX    all combinations of the operands' elements, the last operand fastest
    map OP LIST... -> error KIND
    weak OP SIDE DTYPE KIND -> DTYPE    an array beside a Python number (`left` or `right` is the array)
    reduce OP LIST -> DTYPE HEX    of the whole list; `pairs` reduces each element with the next, `empty` nothing
    cast LIST DTYPE -> HEX
    arange DTYPE START STOP STEP -> HEX

nums has no float16: where NumPy would answer in it, operands are first made float32.
"""
import os
import sys

# The plain C loops: the vectorised ones differ between machines in the last bit.
os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
import warnings  # noqa: E402

warnings.simplefilter("ignore")
import numpy as np  # noqa: E402

np.seterr(all="ignore")

NAMES = {
    "bool": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64,
    "f32": np.float32, "f64": np.float64, "c64": np.complex64, "c128": np.complex128,
}
SHORT = {np.dtype(t): n for n, t in NAMES.items()}
NUMBERS = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}


def edges(name):
    """All edge values of a dtype, and three telling ones."""
    t = NAMES[name]
    inf, nan = np.inf, np.nan
    if name == "bool":
        return [False, True], [False, True]
    if name[0] in "iu":
        info, bits = np.iinfo(t), np.iinfo(t).bits
        around = [bits - 1, bits, bits + 1]
        if name[0] == "i":
            return [0, 1, -1, 2, -3, 5, 100, *around, info.max, -info.max, info.min], [-3, 2, info.max]
        return [0, 1, 2, 3, 5, 100, *around, info.max // 2, info.max // 2 + 1, info.max], [2, 3, info.max]
    if name[0] == "f":
        info = np.finfo(t)
        tiny = [info.smallest_subnormal, -info.smallest_subnormal, info.tiny]
        big = [info.max, -info.max, inf, -inf, nan]
        return [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 0.1, -2.5, 100.0, 1e30, *tiny, *big], [-2.5, 0.1, nan]
    info = np.finfo(t)
    c = complex
    plain = [c(0, 0), c(-0.0, 0), c(0, -0.0), 1, -1, 1j, -1j, c(1, 2), c(3, -4), c(-2.5, 0.5), c(0.1, 100)]
    odd = [c(inf, 0), c(-inf, 1), c(0, inf), c(inf, -inf), c(nan, 0), c(1, nan), c(nan, nan)]
    ends = [c(info.max, info.max), c(info.tiny, info.smallest_subnormal)]
    return plain + odd + ends, [c(-2.5, 0.5), c(0.1, 100), c(nan, 1)]


def hexed(array):
    array = np.ascontiguousarray(array)
    if array.dtype == np.bool_:
        return "".join("01"[int(x)] for x in array.ravel()) or "-"
    return array.astype(array.dtype.newbyteorder("<")).tobytes().hex() or "-"


LISTS = {}


def put(name, array):
    LISTS[name] = array
    print("list", name, SHORT[array.dtype], hexed(array))


def answer(f, *operands):
    """The result of `f`, or of `f` on float32 where that would be float16."""
    try:
        out = f(*operands)
        if out.dtype == np.float16:
            out = f(*(x.astype(np.float32) if isinstance(x, np.ndarray) else x for x in operands))
        return f"{SHORT[out.dtype]} {hexed(out)}"
    except (TypeError, ValueError) as e:
        return "error " + ("TypeError" if isinstance(e, TypeError) else "ValueError")


def grid(lists):
    """All combinations, the last list fastest."""
    return [m.ravel() for m in np.meshgrid(*lists, indexing="ij")]


def map_rows(op, arity):
    f = getattr(np, op)

    def line(*names):
        print("map", op, *names, "->", answer(f, *grid([LISTS[n] for n in names])))

    if arity == 1:
        for n in NAMES:
            line(n)
    elif arity == 3:
        for a in NAMES:
            for b in NAMES:
                line("bool", f"{a}.few", f"{b}.few")
    else:
        for a in NAMES:
            for b in NAMES:
                kind = "" if a == b else ".few"
                natural = op == "power" and b[0] == "i" and a[0] not in "fc"
                line(a + kind, f"{b}.natural" if natural else b + kind)
        line("i64", "u64")
        line("u64", "i64.natural" if op == "power" else "i64")
        if op == "power":
            line("i8", "i8")
        for n, t in NAMES.items():
            x = np.ones(1, t)
            for kind, number in NUMBERS.items():
                print("weak", op, "left", n, kind, "->", answer(f, x, number).split()[0])
                print("weak", op, "right", n, kind, "->", answer(f, number, x).split()[0])


def reduce_rows(op):
    f = getattr(np, op)
    for n, t in NAMES.items():
        for name in (n, f"{n}.few", "empty"):
            x = np.zeros(0, t) if name == "empty" else LISTS[name]
            print("reduce", op, f"{n}.empty" if name == "empty" else name, "->", answer(lambda x: np.asarray(f(x)), x))
        pairs = np.stack([LISTS[n], np.roll(LISTS[n], -1)], axis=1)
        print("reduce", op, f"{n}.pairs", "->", answer(lambda x: f(x, axis=1), pairs))


def main():
    print("; made by make_answers.py with NumPy", np.__version__)
    for n, t in NAMES.items():
        every, few = edges(n)
        put(n, np.array(every, t))
        put(f"{n}.few", np.array(few, t))
        if n[0] == "i":
            put(f"{n}.natural", np.array([v for v in every if v >= 0], t))
    for row in sys.stdin:
        words = row.split()
        if words[0] == "map":
            map_rows(words[1], int(words[2]))
        else:
            reduce_rows(words[1])
    for a in NAMES:
        for b in NAMES:
            print("cast", a, b, "->", hexed(LISTS[a].astype(NAMES[b])))
    for n in NAMES:
        if n == "bool" or n[0] == "c":
            continue
        for start, stop, step in ((0, 10, 1), (1, 2, 0.1), (5, -5, -2), (0, 1, 0.1), (-1, 1, 0.25)):
            if n[0] in "iu" and (step != int(step) or (n[0] == "u" and step < 0)):
                continue
            print("arange", n, start, stop, step, "->", hexed(np.arange(start, stop, step, dtype=NAMES[n])))


main()
