// Made by make_corpus.py: do not edit.

pub(crate) const CASES: &[(&str, Case)] = &[
    ("np.absolute(a)", case_0),
    ("np.absolute(n)", case_1),
    ("np.absolute(k)", case_2),
    ("np.absolute(f)", case_3),
    ("np.negative(a)", case_4),
    ("np.negative(n)", case_5),
    ("np.negative(k)", case_6),
    ("np.negative(f)", case_7),
    ("np.positive(a)", case_8),
    ("np.positive(n)", case_9),
    ("np.positive(k)", case_10),
    ("np.positive(f)", case_11),
    ("np.square(a)", case_12),
    ("np.square(n)", case_13),
    ("np.square(k)", case_14),
    ("np.square(f)", case_15),
    ("np.sqrt(a)", case_16),
    ("np.sqrt(n)", case_17),
    ("np.sqrt(k)", case_18),
    ("np.sqrt(f)", case_19),
    ("np.cbrt(a)", case_20),
    ("np.cbrt(n)", case_21),
    ("np.cbrt(k)", case_22),
    ("np.cbrt(f)", case_23),
    ("np.exp(a)", case_24),
    ("np.exp(n)", case_25),
    ("np.exp(k)", case_26),
    ("np.exp(f)", case_27),
    ("np.exp2(a)", case_28),
    ("np.exp2(n)", case_29),
    ("np.exp2(k)", case_30),
    ("np.exp2(f)", case_31),
    ("np.expm1(a)", case_32),
    ("np.expm1(n)", case_33),
    ("np.expm1(k)", case_34),
    ("np.expm1(f)", case_35),
    ("np.log(a)", case_36),
    ("np.log(n)", case_37),
    ("np.log(k)", case_38),
    ("np.log(f)", case_39),
    ("np.log2(a)", case_40),
    ("np.log2(n)", case_41),
    ("np.log2(k)", case_42),
    ("np.log2(f)", case_43),
    ("np.log10(a)", case_44),
    ("np.log10(n)", case_45),
    ("np.log10(k)", case_46),
    ("np.log10(f)", case_47),
    ("np.log1p(a)", case_48),
    ("np.log1p(n)", case_49),
    ("np.log1p(k)", case_50),
    ("np.log1p(f)", case_51),
    ("np.sin(a)", case_52),
    ("np.sin(n)", case_53),
    ("np.sin(k)", case_54),
    ("np.sin(f)", case_55),
    ("np.cos(a)", case_56),
    ("np.cos(n)", case_57),
    ("np.cos(k)", case_58),
    ("np.cos(f)", case_59),
    ("np.tan(a)", case_60),
    ("np.tan(n)", case_61),
    ("np.tan(k)", case_62),
    ("np.tan(f)", case_63),
    ("np.arcsin(a)", case_64),
    ("np.arcsin(n)", case_65),
    ("np.arcsin(k)", case_66),
    ("np.arcsin(f)", case_67),
    ("np.arccos(a)", case_68),
    ("np.arccos(n)", case_69),
    ("np.arccos(k)", case_70),
    ("np.arccos(f)", case_71),
    ("np.arctan(a)", case_72),
    ("np.arctan(n)", case_73),
    ("np.arctan(k)", case_74),
    ("np.arctan(f)", case_75),
    ("np.sinh(a)", case_76),
    ("np.sinh(n)", case_77),
    ("np.sinh(k)", case_78),
    ("np.sinh(f)", case_79),
    ("np.cosh(a)", case_80),
    ("np.cosh(n)", case_81),
    ("np.cosh(k)", case_82),
    ("np.cosh(f)", case_83),
    ("np.tanh(a)", case_84),
    ("np.tanh(n)", case_85),
    ("np.tanh(k)", case_86),
    ("np.tanh(f)", case_87),
    ("np.arcsinh(a)", case_88),
    ("np.arcsinh(n)", case_89),
    ("np.arcsinh(k)", case_90),
    ("np.arcsinh(f)", case_91),
    ("np.arctanh(a)", case_92),
    ("np.arctanh(n)", case_93),
    ("np.arctanh(k)", case_94),
    ("np.arctanh(f)", case_95),
    ("np.floor(a)", case_96),
    ("np.floor(n)", case_97),
    ("np.floor(k)", case_98),
    ("np.floor(f)", case_99),
    ("np.ceil(a)", case_100),
    ("np.ceil(n)", case_101),
    ("np.ceil(k)", case_102),
    ("np.ceil(f)", case_103),
    ("np.trunc(a)", case_104),
    ("np.trunc(n)", case_105),
    ("np.trunc(k)", case_106),
    ("np.trunc(f)", case_107),
    ("np.rint(a)", case_108),
    ("np.rint(n)", case_109),
    ("np.rint(k)", case_110),
    ("np.rint(f)", case_111),
    ("np.sign(a)", case_112),
    ("np.sign(n)", case_113),
    ("np.sign(k)", case_114),
    ("np.sign(f)", case_115),
    ("np.reciprocal(a)", case_116),
    ("np.reciprocal(n)", case_117),
    ("np.reciprocal(k)", case_118),
    ("np.reciprocal(f)", case_119),
    ("np.deg2rad(a)", case_120),
    ("np.deg2rad(n)", case_121),
    ("np.deg2rad(k)", case_122),
    ("np.deg2rad(f)", case_123),
    ("np.rad2deg(a)", case_124),
    ("np.rad2deg(n)", case_125),
    ("np.rad2deg(k)", case_126),
    ("np.rad2deg(f)", case_127),
    ("np.isnan(a)", case_128),
    ("np.isnan(n)", case_129),
    ("np.isnan(k)", case_130),
    ("np.isnan(f)", case_131),
    ("np.isfinite(a)", case_132),
    ("np.isfinite(n)", case_133),
    ("np.isfinite(k)", case_134),
    ("np.isfinite(f)", case_135),
    ("np.isinf(a)", case_136),
    ("np.isinf(n)", case_137),
    ("np.isinf(k)", case_138),
    ("np.isinf(f)", case_139),
    ("np.signbit(a)", case_140),
    ("np.signbit(n)", case_141),
    ("np.signbit(k)", case_142),
    ("np.signbit(f)", case_143),
    ("np.conjugate(a)", case_144),
    ("np.conjugate(n)", case_145),
    ("np.conjugate(k)", case_146),
    ("np.conjugate(f)", case_147),
    ("np.real(a)", case_148),
    ("np.real(n)", case_149),
    ("np.real(k)", case_150),
    ("np.real(f)", case_151),
    ("np.imag(a)", case_152),
    ("np.imag(n)", case_153),
    ("np.imag(k)", case_154),
    ("np.imag(f)", case_155),
    ("np.logical_not(a)", case_156),
    ("np.logical_not(n)", case_157),
    ("np.logical_not(k)", case_158),
    ("np.logical_not(f)", case_159),
    ("np.isposinf(a)", case_160),
    ("np.isposinf(n)", case_161),
    ("np.isposinf(k)", case_162),
    ("np.isposinf(f)", case_163),
    ("np.isneginf(a)", case_164),
    ("np.isneginf(n)", case_165),
    ("np.isneginf(k)", case_166),
    ("np.isneginf(f)", case_167),
    ("np.isreal(a)", case_168),
    ("np.isreal(n)", case_169),
    ("np.isreal(k)", case_170),
    ("np.isreal(f)", case_171),
    ("np.iscomplex(a)", case_172),
    ("np.iscomplex(n)", case_173),
    ("np.iscomplex(k)", case_174),
    ("np.iscomplex(f)", case_175),
    ("np.angle(a)", case_176),
    ("np.angle(n)", case_177),
    ("np.angle(k)", case_178),
    ("np.angle(f)", case_179),
    ("np.nan_to_num(a)", case_180),
    ("np.nan_to_num(n)", case_181),
    ("np.nan_to_num(k)", case_182),
    ("np.nan_to_num(f)", case_183),
    ("np.sinc(a)", case_184),
    ("np.sinc(n)", case_185),
    ("np.sinc(k)", case_186),
    ("np.sinc(f)", case_187),
    ("np.add(a, c)", case_188),
    ("np.add(n, 2.5)", case_189),
    ("np.add(k, u.T)", case_190),
    ("np.add(f, r[:, None])", case_191),
    ("np.subtract(a, c)", case_192),
    ("np.subtract(n, 2.5)", case_193),
    ("np.subtract(k, u.T)", case_194),
    ("np.subtract(f, r[:, None])", case_195),
    ("np.multiply(a, c)", case_196),
    ("np.multiply(n, 2.5)", case_197),
    ("np.multiply(k, u.T)", case_198),
    ("np.multiply(f, r[:, None])", case_199),
    ("np.divide(a, c)", case_200),
    ("np.divide(n, 2.5)", case_201),
    ("np.divide(k, u.T)", case_202),
    ("np.divide(f, r[:, None])", case_203),
    ("np.floor_divide(a, c)", case_204),
    ("np.floor_divide(n, 2.5)", case_205),
    ("np.floor_divide(k, u.T)", case_206),
    ("np.floor_divide(f, r[:, None])", case_207),
    ("np.remainder(a, c)", case_208),
    ("np.remainder(n, 2.5)", case_209),
    ("np.remainder(k, u.T)", case_210),
    ("np.remainder(f, r[:, None])", case_211),
    ("np.power(a, c)", case_212),
    ("np.power(n, 2.5)", case_213),
    ("np.power(k, u.T)", case_214),
    ("np.power(f, r[:, None])", case_215),
    ("np.maximum(a, c)", case_216),
    ("np.maximum(n, 2.5)", case_217),
    ("np.maximum(k, u.T)", case_218),
    ("np.maximum(f, r[:, None])", case_219),
    ("np.minimum(a, c)", case_220),
    ("np.minimum(n, 2.5)", case_221),
    ("np.minimum(k, u.T)", case_222),
    ("np.minimum(f, r[:, None])", case_223),
    ("np.fmax(a, c)", case_224),
    ("np.fmax(n, 2.5)", case_225),
    ("np.fmax(k, u.T)", case_226),
    ("np.fmax(f, r[:, None])", case_227),
    ("np.fmin(a, c)", case_228),
    ("np.fmin(n, 2.5)", case_229),
    ("np.fmin(k, u.T)", case_230),
    ("np.fmin(f, r[:, None])", case_231),
    ("np.hypot(a, c)", case_232),
    ("np.hypot(n, 2.5)", case_233),
    ("np.hypot(k, u.T)", case_234),
    ("np.hypot(f, r[:, None])", case_235),
    ("np.arctan2(a, c)", case_236),
    ("np.arctan2(n, 2.5)", case_237),
    ("np.arctan2(k, u.T)", case_238),
    ("np.arctan2(f, r[:, None])", case_239),
    ("np.copysign(a, c)", case_240),
    ("np.copysign(n, 2.5)", case_241),
    ("np.copysign(k, u.T)", case_242),
    ("np.copysign(f, r[:, None])", case_243),
    ("np.nextafter(a, c)", case_244),
    ("np.nextafter(n, 2.5)", case_245),
    ("np.nextafter(k, u.T)", case_246),
    ("np.nextafter(f, r[:, None])", case_247),
    ("np.logaddexp(a, c)", case_248),
    ("np.logaddexp(n, 2.5)", case_249),
    ("np.logaddexp(k, u.T)", case_250),
    ("np.logaddexp(f, r[:, None])", case_251),
    ("np.logaddexp2(a, c)", case_252),
    ("np.logaddexp2(n, 2.5)", case_253),
    ("np.logaddexp2(k, u.T)", case_254),
    ("np.logaddexp2(f, r[:, None])", case_255),
    ("np.heaviside(a, c)", case_256),
    ("np.heaviside(n, 2.5)", case_257),
    ("np.heaviside(k, u.T)", case_258),
    ("np.heaviside(f, r[:, None])", case_259),
    ("np.fmod(a, c)", case_260),
    ("np.fmod(n, 2.5)", case_261),
    ("np.fmod(k, u.T)", case_262),
    ("np.fmod(f, r[:, None])", case_263),
    ("np.equal(a, c)", case_264),
    ("np.equal(n, 2.5)", case_265),
    ("np.equal(k, u.T)", case_266),
    ("np.equal(f, r[:, None])", case_267),
    ("np.not_equal(a, c)", case_268),
    ("np.not_equal(n, 2.5)", case_269),
    ("np.not_equal(k, u.T)", case_270),
    ("np.not_equal(f, r[:, None])", case_271),
    ("np.less(a, c)", case_272),
    ("np.less(n, 2.5)", case_273),
    ("np.less(k, u.T)", case_274),
    ("np.less(f, r[:, None])", case_275),
    ("np.less_equal(a, c)", case_276),
    ("np.less_equal(n, 2.5)", case_277),
    ("np.less_equal(k, u.T)", case_278),
    ("np.less_equal(f, r[:, None])", case_279),
    ("np.greater(a, c)", case_280),
    ("np.greater(n, 2.5)", case_281),
    ("np.greater(k, u.T)", case_282),
    ("np.greater(f, r[:, None])", case_283),
    ("np.greater_equal(a, c)", case_284),
    ("np.greater_equal(n, 2.5)", case_285),
    ("np.greater_equal(k, u.T)", case_286),
    ("np.greater_equal(f, r[:, None])", case_287),
    ("np.logical_and(a, c)", case_288),
    ("np.logical_and(n, 2.5)", case_289),
    ("np.logical_and(k, u.T)", case_290),
    ("np.logical_and(f, r[:, None])", case_291),
    ("np.logical_or(a, c)", case_292),
    ("np.logical_or(n, 2.5)", case_293),
    ("np.logical_or(k, u.T)", case_294),
    ("np.logical_or(f, r[:, None])", case_295),
    ("np.logical_xor(a, c)", case_296),
    ("np.logical_xor(n, 2.5)", case_297),
    ("np.logical_xor(k, u.T)", case_298),
    ("np.logical_xor(f, r[:, None])", case_299),
    ("np.float_power(a, c)", case_300),
    ("np.float_power(n, 2.5)", case_301),
    ("np.float_power(k, u.T)", case_302),
    ("np.float_power(f, r[:, None])", case_303),
    ("np.sum(a)", case_304),
    ("np.sum(n, axis=0)", case_305),
    ("np.sum(k, axis=-1)", case_306),
    ("np.sum(t, axis=1)", case_307),
    ("np.sum(m, axis=1)", case_308),
    ("np.sum(t, axis=(0, 2))", case_309),
    ("np.sum(c, axis=1, keepdims=True)", case_310),
    ("np.prod(a)", case_311),
    ("np.prod(n, axis=0)", case_312),
    ("np.prod(k, axis=-1)", case_313),
    ("np.prod(t, axis=1)", case_314),
    ("np.prod(m, axis=1)", case_315),
    ("np.prod(t, axis=(0, 2))", case_316),
    ("np.prod(c, axis=1, keepdims=True)", case_317),
    ("np.mean(a)", case_318),
    ("np.mean(n, axis=0)", case_319),
    ("np.mean(k, axis=-1)", case_320),
    ("np.mean(t, axis=1)", case_321),
    ("np.mean(m, axis=1)", case_322),
    ("np.mean(t, axis=(0, 2))", case_323),
    ("np.mean(c, axis=1, keepdims=True)", case_324),
    ("np.max(a)", case_325),
    ("np.max(n, axis=0)", case_326),
    ("np.max(k, axis=-1)", case_327),
    ("np.max(t, axis=1)", case_328),
    ("np.max(m, axis=1)", case_329),
    ("np.max(t, axis=(0, 2))", case_330),
    ("np.max(c, axis=1, keepdims=True)", case_331),
    ("np.min(a)", case_332),
    ("np.min(n, axis=0)", case_333),
    ("np.min(k, axis=-1)", case_334),
    ("np.min(t, axis=1)", case_335),
    ("np.min(m, axis=1)", case_336),
    ("np.min(t, axis=(0, 2))", case_337),
    ("np.min(c, axis=1, keepdims=True)", case_338),
    ("np.any(a)", case_339),
    ("np.any(n, axis=0)", case_340),
    ("np.any(k, axis=-1)", case_341),
    ("np.any(t, axis=1)", case_342),
    ("np.any(m, axis=1)", case_343),
    ("np.any(t, axis=(0, 2))", case_344),
    ("np.any(c, axis=1, keepdims=True)", case_345),
    ("np.all(a)", case_346),
    ("np.all(n, axis=0)", case_347),
    ("np.all(k, axis=-1)", case_348),
    ("np.all(t, axis=1)", case_349),
    ("np.all(m, axis=1)", case_350),
    ("np.all(t, axis=(0, 2))", case_351),
    ("np.all(c, axis=1, keepdims=True)", case_352),
    ("np.std(a)", case_353),
    ("np.std(n, axis=0)", case_354),
    ("np.std(k, axis=-1)", case_355),
    ("np.std(t, axis=1)", case_356),
    ("np.std(m, axis=1)", case_357),
    ("np.std(t, axis=(0, 2))", case_358),
    ("np.std(c, axis=1, keepdims=True)", case_359),
    ("np.var(a)", case_360),
    ("np.var(n, axis=0)", case_361),
    ("np.var(k, axis=-1)", case_362),
    ("np.var(t, axis=1)", case_363),
    ("np.var(m, axis=1)", case_364),
    ("np.var(t, axis=(0, 2))", case_365),
    ("np.var(c, axis=1, keepdims=True)", case_366),
    ("np.ptp(a)", case_367),
    ("np.ptp(n, axis=0)", case_368),
    ("np.ptp(k, axis=-1)", case_369),
    ("np.ptp(t, axis=1)", case_370),
    ("np.ptp(t, axis=(0, 2))", case_371),
    ("np.ptp(c, axis=1, keepdims=True)", case_372),
    ("np.count_nonzero(a)", case_373),
    ("np.count_nonzero(n, axis=0)", case_374),
    ("np.count_nonzero(k, axis=-1)", case_375),
    ("np.count_nonzero(t, axis=1)", case_376),
    ("np.count_nonzero(m, axis=1)", case_377),
    ("np.count_nonzero(t, axis=(0, 2))", case_378),
    ("np.count_nonzero(c, axis=1, keepdims=True)", case_379),
    ("np.argmax(a)", case_380),
    ("np.argmax(n, axis=0)", case_381),
    ("np.argmax(k, axis=-1)", case_382),
    ("np.argmax(t, axis=1)", case_383),
    ("np.argmax(m, axis=1)", case_384),
    ("np.argmin(a)", case_385),
    ("np.argmin(n, axis=0)", case_386),
    ("np.argmin(k, axis=-1)", case_387),
    ("np.argmin(t, axis=1)", case_388),
    ("np.argmin(m, axis=1)", case_389),
    ("np.median(a)", case_390),
    ("np.median(n, axis=0)", case_391),
    ("np.median(k, axis=-1)", case_392),
    ("np.median(t, axis=1)", case_393),
    ("np.median(m, axis=1)", case_394),
    ("np.median(t, axis=(0, 2), keepdims=True)", case_395),
    ("np.nansum(a)", case_396),
    ("np.nansum(n, axis=0)", case_397),
    ("np.nansum(k, axis=-1)", case_398),
    ("np.nansum(t, axis=1)", case_399),
    ("np.nansum(m, axis=1)", case_400),
    ("np.nansum(t, axis=(0, 2))", case_401),
    ("np.nansum(c, axis=1, keepdims=True)", case_402),
    ("np.nanprod(a)", case_403),
    ("np.nanprod(n, axis=0)", case_404),
    ("np.nanprod(k, axis=-1)", case_405),
    ("np.nanprod(t, axis=1)", case_406),
    ("np.nanprod(m, axis=1)", case_407),
    ("np.nanprod(t, axis=(0, 2))", case_408),
    ("np.nanprod(c, axis=1, keepdims=True)", case_409),
    ("np.nanmean(a)", case_410),
    ("np.nanmean(n, axis=0)", case_411),
    ("np.nanmean(k, axis=-1)", case_412),
    ("np.nanmean(t, axis=1)", case_413),
    ("np.nanmean(m, axis=1)", case_414),
    ("np.nanmean(t, axis=(0, 2))", case_415),
    ("np.nanmean(c, axis=1, keepdims=True)", case_416),
    ("np.nanmax(a)", case_417),
    ("np.nanmax(n, axis=0)", case_418),
    ("np.nanmax(k, axis=-1)", case_419),
    ("np.nanmax(t, axis=1)", case_420),
    ("np.nanmax(m, axis=1)", case_421),
    ("np.nanmax(t, axis=(0, 2))", case_422),
    ("np.nanmax(c, axis=1, keepdims=True)", case_423),
    ("np.nanmin(a)", case_424),
    ("np.nanmin(n, axis=0)", case_425),
    ("np.nanmin(k, axis=-1)", case_426),
    ("np.nanmin(t, axis=1)", case_427),
    ("np.nanmin(m, axis=1)", case_428),
    ("np.nanmin(t, axis=(0, 2))", case_429),
    ("np.nanmin(c, axis=1, keepdims=True)", case_430),
    ("np.nanvar(a)", case_431),
    ("np.nanvar(n, axis=0)", case_432),
    ("np.nanvar(k, axis=-1)", case_433),
    ("np.nanvar(t, axis=1)", case_434),
    ("np.nanvar(m, axis=1)", case_435),
    ("np.nanvar(t, axis=(0, 2))", case_436),
    ("np.nanvar(c, axis=1, keepdims=True)", case_437),
    ("np.nanstd(a)", case_438),
    ("np.nanstd(n, axis=0)", case_439),
    ("np.nanstd(k, axis=-1)", case_440),
    ("np.nanstd(t, axis=1)", case_441),
    ("np.nanstd(m, axis=1)", case_442),
    ("np.nanstd(t, axis=(0, 2))", case_443),
    ("np.nanstd(c, axis=1, keepdims=True)", case_444),
    ("np.nanmedian(a)", case_445),
    ("np.nanmedian(n, axis=0)", case_446),
    ("np.nanmedian(k, axis=-1)", case_447),
    ("np.nanmedian(t, axis=1)", case_448),
    ("np.nanmedian(m, axis=1)", case_449),
    ("np.nanmedian(t, axis=(0, 2))", case_450),
    ("np.nanmedian(c, axis=1, keepdims=True)", case_451),
    ("np.cumsum(a)", case_452),
    ("np.cumsum(n, axis=0)", case_453),
    ("np.cumsum(k, axis=-1)", case_454),
    ("np.cumsum(t, axis=1)", case_455),
    ("np.cumsum(m, axis=1)", case_456),
    ("np.cumprod(a)", case_457),
    ("np.cumprod(n, axis=0)", case_458),
    ("np.cumprod(k, axis=-1)", case_459),
    ("np.cumprod(t, axis=1)", case_460),
    ("np.cumprod(m, axis=1)", case_461),
    ("np.sort(a)", case_462),
    ("np.sort(c, axis=0)", case_463),
    ("np.sort(n, axis=None)", case_464),
    ("np.sort(n, axis=0)", case_465),
    ("np.sort(v)", case_466),
    ("np.sort(z, axis=1)", case_467),
    ("np.sort(m, axis=0)", case_468),
    ("np.sort(u, axis=-1)", case_469),
    ("np.argsort(c, axis=1, stable=True)", case_470),
    ("np.argsort(v)", case_471),
    ("np.argsort(k, axis=0, stable=True)", case_472),
    ("np.argsort(p, stable=True)", case_473),
    ("np.argsort(n, axis=1, stable=True)", case_474),
    ("np.lexsort((p, p % 2))", case_475),
    ("np.lexsort([v[:6], p])", case_476),
    ("np.searchsorted(w, v)", case_477),
    (r#"np.searchsorted(w, a, side="right")"#, case_478),
    ("np.searchsorted(np.sort(p), [0, 1, 3, 9])", case_479),
    ("np.digitize(v, w)", case_480),
    ("np.digitize(c, w, right=True)", case_481),
    ("np.isin(k, p)", case_482),
    ("np.isin(c, [2.0, 5.0], invert=True)", case_483),
    ("np.bincount(p)", case_484),
    ("np.bincount(p, weights=v[:6], minlength=9)", case_485),
    ("np.unique(c)", case_486),
    ("np.unique(n)", case_487),
    ("np.unique(p)", case_488),
    ("np.unique(k, return_counts=True)[1]", case_489),
    ("np.unique(c, return_inverse=True)[1]", case_490),
    ("np.unique(p, return_index=True)[1]", case_491),
    ("np.union1d(c, k)", case_492),
    ("np.intersect1d(c, k)", case_493),
    ("np.setdiff1d(c, k)", case_494),
    ("np.setxor1d(p, i)", case_495),
    ("np.histogram(v)[0]", case_496),
    ("np.histogram(v, bins=4)[1]", case_497),
    ("np.histogram(a, bins=5, range=(-1, 1))[0]", case_498),
    ("np.histogram(v, bins=w)[0]", case_499),
    ("np.histogram(v, bins=3, density=True)[0]", case_500),
    ("np.interp(v, w, w ** 2)", case_501),
    ("np.interp(c, w, w, left=-9, right=9)", case_502),
    ("np.nonzero(c)[0]", case_503),
    ("np.nonzero(c)[1]", case_504),
    ("np.nonzero(m)[1]", case_505),
    ("np.flatnonzero(c)", case_506),
    ("np.argwhere(m)", case_507),
    ("np.where(m)[0]", case_508),
    ("np.where(m, a, c)", case_509),
    ("np.where(m, k, 2)", case_510),
    ("a[m]", case_511),
    ("k[c > 1]", case_512),
    ("a[q]", case_513),
    ("a[:, m[0]]", case_514),
    ("t[:, m]", case_515),
    ("a[q, 1:3]", case_516),
    ("a[i[:2], 1]", case_517),
    ("a[i]", case_518),
    ("a[:, i]", case_519),
    ("a[i[:, None], i]", case_520),
    ("t[i[:2] % 2, :, i[:2]]", case_521),
    ("t[:, [0, 2], 1:]", case_522),
    ("a[[0, 2, 0]]", case_523),
    ("a[[0, 1], [2, 3]]", case_524),
    ("t[0, [1, 2], ::2]", case_525),
    ("t[..., [3, 0]]", case_526),
    ("a[-1]", case_527),
    ("a[..., 1]", case_528),
    ("a[None, :, 2]", case_529),
    ("a[1:, ::-1]", case_530),
    ("a[::2, -3:-1]", case_531),
    ("t[:, 1, None, ::-2]", case_532),
    ("v[[True, False, True, True, False, False, True]]", case_533),
    ("np.take(a, i)", case_534),
    ("np.take(a, i, axis=0)", case_535),
    ("np.take(a, [[0, 1], [3, 2]], axis=1)", case_536),
    (r#"np.take(v, [9, -9], mode="clip")"#, case_537),
    (r#"np.take(v, [9, -9], mode="wrap")"#, case_538),
    ("np.take_along_axis(a, np.argsort(a, axis=1), axis=1)", case_539),
    ("np.take_along_axis(c, np.argmax(c, axis=0, keepdims=True), axis=0)", case_540),
    ("np.compress(q, a, axis=0)", case_541),
    ("np.compress([1, 0, 1, 1], a, axis=1)", case_542),
    ("np.extract(m, a)", case_543),
    ("np.select([c > 2, c > 0], [c, -c], 7.0)", case_544),
    ("np.diagonal(a)", case_545),
    ("np.diagonal(g, offset=1)", case_546),
    ("np.diagonal(t, axis1=1, axis2=2)", case_547),
    ("np.diagonal(t, -1, 0, 2)", case_548),
    ("np.diag(a)", case_549),
    ("np.diag(v, k=-1)", case_550),
    ("np.diag(g, 2)", case_551),
    ("np.diagflat(r, 1)", case_552),
    ("np.trace(g)", case_553),
    ("np.trace(t, axis1=1, axis2=2)", case_554),
    ("np.tril(a)", case_555),
    ("np.triu(a, 1)", case_556),
    ("np.tril(t, -1)", case_557),
    ("np.triu(g, k=-2)", case_558),
    ("np.tri(3)", case_559),
    ("np.tri(3, 5, 1)", case_560),
    ("np.vander(r)", case_561),
    ("np.vander(r, 2, increasing=True)", case_562),
    ("np.squeeze(t[:1])", case_563),
    ("np.squeeze(a[None], axis=0)", case_564),
    ("np.expand_dims(a, 1)", case_565),
    ("np.expand_dims(a, (0, -1))", case_566),
    ("np.swapaxes(t, 0, 2)", case_567),
    ("np.moveaxis(t, 0, -1)", case_568),
    ("np.moveaxis(t, [0, 1], [2, 0])", case_569),
    ("np.matrix_transpose(t)", case_570),
    ("t.mT", case_571),
    ("a.T", case_572),
    ("np.atleast_1d(s0)", case_573),
    ("np.atleast_2d(v)", case_574),
    ("np.atleast_3d(a)", case_575),
    ("np.flip(t)", case_576),
    ("np.flip(t, axis=1)", case_577),
    ("np.flip(t, axis=(0, 2))", case_578),
    ("np.fliplr(a)", case_579),
    ("np.flipud(a)", case_580),
    ("np.rot90(a)", case_581),
    ("np.rot90(a, 2)", case_582),
    ("np.rot90(a, -1)", case_583),
    ("np.rot90(t, 1, axes=(1, 2))", case_584),
    ("np.roll(v, 2)", case_585),
    ("np.roll(a, 5)", case_586),
    ("np.roll(a, -1, axis=0)", case_587),
    ("np.roll(t, (1, 2), axis=(0, 2))", case_588),
    ("np.tile(v, 2)", case_589),
    ("np.tile(a, (2, 1))", case_590),
    ("np.tile(a, (2, 1, 2))", case_591),
    ("np.repeat(v, 3)", case_592),
    ("np.repeat(a, 2, axis=1)", case_593),
    ("np.repeat(a, [1, 0, 2], axis=0)", case_594),
    ("np.broadcast_to(r, (2, 3))", case_595),
    ("np.broadcast_to(r[:, None], a.shape)", case_596),
    ("np.broadcast_arrays(a, r[:, None])[1]", case_597),
    ("np.stack([a, c])", case_598),
    ("np.stack((a, c), axis=-1)", case_599),
    ("np.vstack([r, y3])", case_600),
    ("np.hstack([a, c])", case_601),
    ("np.hstack([r, y3])", case_602),
    ("np.dstack([a, c])", case_603),
    ("np.column_stack([r, y3])", case_604),
    ("np.concatenate([a, c], axis=1)", case_605),
    ("np.concatenate((a, k))", case_606),
    ("np.append(a, c, axis=0)", case_607),
    ("np.append(v, 3.0)", case_608),
    ("np.split(v[:6], 3)[1]", case_609),
    ("np.split(a, [1, 3], axis=1)[1]", case_610),
    ("np.array_split(v, 3)[0]", case_611),
    ("np.array_split(v, 3)[2]", case_612),
    ("np.hsplit(a, 2)[1]", case_613),
    ("np.vsplit(g, 2)[0]", case_614),
    ("np.dsplit(t, 2)[1]", case_615),
    ("np.pad(v, 2)", case_616),
    ("np.pad(a, (1, 0))", case_617),
    ("np.pad(a, ((1, 2), (0, 1)), constant_values=7)", case_618),
    (r#"np.pad(v, 2, mode="edge")"#, case_619),
    (r#"np.pad(v, (3, 1), mode="reflect")"#, case_620),
    (r#"np.pad(v, (1, 3), mode="symmetric")"#, case_621),
    (r#"np.pad(a, 1, mode="wrap")"#, case_622),
    ("np.zeros((2, 3)) + r", case_623),
    ("np.ones(3, dtype=np.int32) * r", case_624),
    ("np.full((2, 2), 7) + g[:2, :2]", case_625),
    ("np.zeros_like(k) + u.T", case_626),
    ("np.ones_like(f) * f", case_627),
    ("np.full_like(a, 2) + a", case_628),
    ("np.arange(3) * r", case_629),
    ("np.arange(1, 10, 3) + r", case_630),
    ("np.eye(4) @ g", case_631),
    ("np.identity(3) + r", case_632),
    ("np.eye(3, 4, 1) * a", case_633),
    ("np.linspace(0, 1, 5) + w", case_634),
    ("np.linspace(-2, 3, 5, endpoint=False) + w", case_635),
    ("np.logspace(0, 2, 5) * w", case_636),
    ("np.geomspace(1, 16, 5) * w", case_637),
    ("np.meshgrid(r, w)[0]", case_638),
    (r#"np.meshgrid(r, w, indexing="ij")[1]"#, case_639),
    ("np.array([1, 2, 3]) * r", case_640),
    ("np.array([[1.5, 2], [3, 4]]) @ g[:2]", case_641),
    ("r + [1, 2, 3]", case_642),
    ("np.clip(a, -1, 1)", case_643),
    ("np.clip(k, 0, 5)", case_644),
    ("np.clip(u, 10, 300)", case_645),
    ("np.clip(a, None, r[:, None])", case_646),
    ("np.round(a, 2)", case_647),
    ("np.round(c / 3)", case_648),
    ("np.around(k, -1)", case_649),
    ("np.diff(v)", case_650),
    ("np.diff(a, axis=0)", case_651),
    ("np.diff(k, n=2)", case_652),
    ("np.diff(m, axis=0)", case_653),
    ("np.gradient(v)", case_654),
    ("np.gradient(a, axis=0)", case_655),
    ("np.gradient(v, 0.5)", case_656),
    ("np.trapezoid(v)", case_657),
    ("np.trapezoid(a, dx=0.5, axis=0)", case_658),
    ("np.trapezoid(w ** 2, w)", case_659),
    ("np.cov(a)", case_660),
    ("np.cov(a, rowvar=False)", case_661),
    ("np.cov(v)", case_662),
    ("np.cov(a, bias=True)", case_663),
    ("np.corrcoef(a)", case_664),
    ("np.average(a)", case_665),
    ("np.average(a, axis=0, weights=r)", case_666),
    ("np.average(c, weights=np.abs(a))", case_667),
    ("np.percentile(v, 30)", case_668),
    ("np.quantile(a, 0.25, axis=1)", case_669),
    ("np.quantile(a, [0.1, 0.5, 0.9], axis=0)", case_670),
    ("np.percentile(t, [25, 75])", case_671),
    ("np.quantile(n, 0.5, axis=0)", case_672),
    ("np.quantile(c, 0.3, axis=(0, 1), keepdims=True)", case_673),
    ("np.median(f, axis=0)", case_674),
    ("np.median(u)", case_675),
    ("np.std(a, ddof=1)", case_676),
    ("np.var(z)", case_677),
    ("np.var(k, axis=0, ddof=1)", case_678),
    ("np.std(f, axis=1)", case_679),
    ("np.nancumsum(n, axis=1)", case_680),
    ("np.cumsum(u)", case_681),
    ("np.cumsum(a, axis=0)", case_682),
    ("np.cumprod(k, axis=1)", case_683),
    ("np.cumulative_sum(v, include_initial=True)", case_684),
    ("np.maximum.accumulate(v)", case_685),
    ("np.minimum.accumulate(a, axis=1)", case_686),
    ("np.argmax(n, axis=1)", case_687),
    ("np.nanargmax(n, axis=1)", case_688),
    ("np.nanargmin(c, axis=0)", case_689),
    ("np.argmin(a, axis=0, keepdims=True)", case_690),
    ("np.argmax(m)", case_691),
    ("a.argmax()", case_692),
    ("a.cumsum(axis=1)", case_693),
    ("k.sum()", case_694),
    ("a.mean(axis=0)", case_695),
    ("k.std()", case_696),
    ("u.max(axis=0)", case_697),
    ("a.reshape(4, 3)", case_698),
    ("a.reshape((2, -1))", case_699),
    ("a.ravel()", case_700),
    ("t.transpose(2, 0, 1)", case_701),
    ("k.astype(np.float32)", case_702),
    ("a.clip(0, 1)", case_703),
    ("c.round(1)", case_704),
    (r#"np.einsum("ij,jk->ik", a, b)"#, case_705),
    (r#"np.einsum("ij->ji", a)"#, case_706),
    (r#"np.einsum("ii->i", g)"#, case_707),
    (r#"np.einsum("ii", g)"#, case_708),
    (r#"np.einsum("ij,ij->", a, c)"#, case_709),
    (r#"np.einsum("ij,ij->j", a, c)"#, case_710),
    (r#"np.einsum("i,j->ij", v, r)"#, case_711),
    (r#"np.einsum("bij,jk->bik", t, b)"#, case_712),
    (r#"np.einsum("ijk,jf->ikf", t, x3[:3])"#, case_713),
    (r#"np.einsum("ij,jk,kl->il", a, b, x3)"#, case_714),
    (r#"np.einsum("...ij,jk->...ik", t, b)"#, case_715),
    (r#"np.einsum("ij,kj", a, c)"#, case_716),
    ("np.tensordot(t, a, axes=2)", case_717),
    ("np.tensordot(a, b, axes=1)", case_718),
    ("np.tensordot(r, v, axes=0)", case_719),
    ("np.tensordot(t, x3, axes=([1], [1]))", case_720),
    ("np.dot(a, b)", case_721),
    ("np.dot(v, v)", case_722),
    ("np.dot(t, b)", case_723),
    ("np.inner(a, c)", case_724),
    ("np.outer(v, r)", case_725),
    ("np.vdot(z, z)", case_726),
    ("np.vecdot(a, c)", case_727),
    ("np.matvec(t, b[:, 0])", case_728),
    ("np.vecmat(r, a)", case_729),
    ("np.kron(a[:2, :2], r)", case_730),
    ("np.kron(r, v)", case_731),
    ("np.cross(x3, y3)", case_732),
    ("np.cross(x3, x3[::-1])", case_733),
    ("a @ b", case_734),
    ("v @ v", case_735),
    ("t @ b", case_736),
    ("a.T @ a", case_737),
    ("z @ z.T", case_738),
    ("k @ k.T", case_739),
    ("f @ f.T", case_740),
    ("r @ a", case_741),
    ("np.matmul(a, b[:, 0])", case_742),
    ("np.linalg.solve(g, b)", case_743),
    ("np.linalg.norm(v)", case_744),
    ("np.linalg.norm(a)", case_745),
    ("np.linalg.norm(a, axis=1)", case_746),
    ("np.linalg.norm(a, 1, axis=0)", case_747),
    ("np.polyval(r, v)", case_748),
    ("np.convolve(v, r)", case_749),
    (r#"np.convolve(v, r, mode="same")"#, case_750),
    (r#"np.convolve(v, r, "valid")"#, case_751),
    ("np.isclose(a, a + 1e-9)", case_752),
    ("np.isclose(n, n, equal_nan=True)", case_753),
    ("np.allclose(a, a + 1e-9)", case_754),
    ("np.array_equal(a, a)", case_755),
    ("np.array_equal(a, c)", case_756),
    ("np.array_equal(a, b)", case_757),
    ("np.divmod(k, 4)[0]", case_758),
    ("np.divmod(k, 4)[1]", case_759),
    ("np.modf(a)[0]", case_760),
    ("np.modf(n)[1]", case_761),
    ("np.gcd(k, 6)", case_762),
    ("np.lcm(p, 4)", case_763),
    ("np.partition(r, 1)[1]", case_764),
    ("a if s0 > 0 else c", case_765),
    ("(a if len(v) > 9 else c) + 1", case_766),
    ("0 < a", case_767),
    ("(0 < c) & (c <= 2)", case_768),
    ("~m", case_769),
    ("-k", case_770),
    ("+a", case_771),
    ("k % 3", case_772),
    ("2 ** c", case_773),
    ("a ** 2", case_774),
    ("k ** 3", case_775),
    ("2j * a", case_776),
    ("1 / c", case_777),
    ("a / 0", case_778),
    ("k & 3", case_779),
    ("k", case_780),
    ("u << 1", case_781),
    ("k >> 1", case_782),
    ("m ^ m.T.T", case_783),
    ("np.bitwise_or(k, 1)", case_784),
    ("np.invert(u)", case_785),
    ("np.left_shift(k, 2)", case_786),
    ("np.sum(e)", case_787),
    ("np.sum(e, axis=0)", case_788),
    ("np.mean(e, axis=1)", case_789),
    ("np.prod(e)", case_790),
    ("np.sort(e, axis=0)", case_791),
    ("np.cumsum(e, axis=0)", case_792),
    ("np.median(e, axis=0)", case_793),
    ("np.unique(e)", case_794),
    ("e + 1", case_795),
    ("np.nonzero(e)[0]", case_796),
    ("np.concatenate([e, x3])", case_797),
    ("a[m & ~m]", case_798),
    ("np.where(e)[0]", case_799),
    ("e @ x3.T", case_800),
    ("np.any(e)", case_801),
    ("np.all(e, axis=0)", case_802),
    ("x3.shape[0] * v", case_803),
    ("len(a) + v", case_804),
    ("a.size + r", case_805),
    ("a.ndim * r", case_806),
    ("np.size(t) - r", case_807),
    ("np.ndim(t) * r", case_808),
    ("np.float32(2.5) * a", case_809),
    ("np.int64(3) + k", case_810),
    ("np.pi * r", case_811),
    ("np.e * r", case_812),
    ("np.inf * r", case_813),
    ("np.nan_to_num(n, nan=1.0, posinf=5.0)", case_814),
];

fn case_0(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.absolute(a))
}

fn case_1(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.absolute(n))
}

fn case_2(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.absolute(k))
}

fn case_3(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.absolute(f))
}

fn case_4(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.negative(a))
}

fn case_5(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.negative(n))
}

fn case_6(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.negative(k))
}

fn case_7(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.negative(f))
}

fn case_8(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.positive(a))
}

fn case_9(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.positive(n))
}

fn case_10(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.positive(k))
}

fn case_11(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.positive(f))
}

fn case_12(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.square(a))
}

fn case_13(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.square(n))
}

fn case_14(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.square(k))
}

fn case_15(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.square(f))
}

fn case_16(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sqrt(a))
}

fn case_17(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sqrt(n))
}

fn case_18(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sqrt(k))
}

fn case_19(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.sqrt(f))
}

fn case_20(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cbrt(a))
}

fn case_21(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.cbrt(n))
}

fn case_22(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cbrt(k))
}

fn case_23(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.cbrt(f))
}

fn case_24(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.exp(a))
}

fn case_25(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.exp(n))
}

fn case_26(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.exp(k))
}

fn case_27(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.exp(f))
}

fn case_28(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.exp2(a))
}

fn case_29(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.exp2(n))
}

fn case_30(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.exp2(k))
}

fn case_31(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.exp2(f))
}

fn case_32(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.expm1(a))
}

fn case_33(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.expm1(n))
}

fn case_34(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.expm1(k))
}

fn case_35(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.expm1(f))
}

fn case_36(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.log(a))
}

fn case_37(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.log(n))
}

fn case_38(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.log(k))
}

fn case_39(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.log(f))
}

fn case_40(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.log2(a))
}

fn case_41(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.log2(n))
}

fn case_42(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.log2(k))
}

fn case_43(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.log2(f))
}

fn case_44(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.log10(a))
}

fn case_45(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.log10(n))
}

fn case_46(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.log10(k))
}

fn case_47(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.log10(f))
}

fn case_48(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.log1p(a))
}

fn case_49(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.log1p(n))
}

fn case_50(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.log1p(k))
}

fn case_51(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.log1p(f))
}

fn case_52(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sin(a))
}

fn case_53(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sin(n))
}

fn case_54(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sin(k))
}

fn case_55(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.sin(f))
}

fn case_56(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cos(a))
}

fn case_57(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.cos(n))
}

fn case_58(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cos(k))
}

fn case_59(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.cos(f))
}

fn case_60(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.tan(a))
}

fn case_61(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.tan(n))
}

fn case_62(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.tan(k))
}

fn case_63(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.tan(f))
}

fn case_64(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.arcsin(a))
}

fn case_65(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arcsin(n))
}

fn case_66(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.arcsin(k))
}

fn case_67(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.arcsin(f))
}

fn case_68(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.arccos(a))
}

fn case_69(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arccos(n))
}

fn case_70(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.arccos(k))
}

fn case_71(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.arccos(f))
}

fn case_72(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.arctan(a))
}

fn case_73(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arctan(n))
}

fn case_74(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.arctan(k))
}

fn case_75(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.arctan(f))
}

fn case_76(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sinh(a))
}

fn case_77(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sinh(n))
}

fn case_78(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sinh(k))
}

fn case_79(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.sinh(f))
}

fn case_80(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cosh(a))
}

fn case_81(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.cosh(n))
}

fn case_82(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cosh(k))
}

fn case_83(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.cosh(f))
}

fn case_84(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.tanh(a))
}

fn case_85(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.tanh(n))
}

fn case_86(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.tanh(k))
}

fn case_87(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.tanh(f))
}

fn case_88(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.arcsinh(a))
}

fn case_89(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arcsinh(n))
}

fn case_90(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.arcsinh(k))
}

fn case_91(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.arcsinh(f))
}

fn case_92(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.arctanh(a))
}

fn case_93(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arctanh(n))
}

fn case_94(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.arctanh(k))
}

fn case_95(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.arctanh(f))
}

fn case_96(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.floor(a))
}

fn case_97(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.floor(n))
}

fn case_98(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.floor(k))
}

fn case_99(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.floor(f))
}

fn case_100(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.ceil(a))
}

fn case_101(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.ceil(n))
}

fn case_102(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.ceil(k))
}

fn case_103(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.ceil(f))
}

fn case_104(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.trunc(a))
}

fn case_105(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.trunc(n))
}

fn case_106(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.trunc(k))
}

fn case_107(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.trunc(f))
}

fn case_108(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.rint(a))
}

fn case_109(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.rint(n))
}

fn case_110(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.rint(k))
}

fn case_111(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.rint(f))
}

fn case_112(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sign(a))
}

fn case_113(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sign(n))
}

fn case_114(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sign(k))
}

fn case_115(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.sign(f))
}

fn case_116(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.reciprocal(a))
}

fn case_117(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.reciprocal(n))
}

fn case_118(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.reciprocal(k))
}

fn case_119(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.reciprocal(f))
}

fn case_120(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.deg2rad(a))
}

fn case_121(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.deg2rad(n))
}

fn case_122(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.deg2rad(k))
}

fn case_123(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.deg2rad(f))
}

fn case_124(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.rad2deg(a))
}

fn case_125(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.rad2deg(n))
}

fn case_126(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.rad2deg(k))
}

fn case_127(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.rad2deg(f))
}

fn case_128(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isnan(a))
}

fn case_129(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isnan(n))
}

fn case_130(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isnan(k))
}

fn case_131(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isnan(f))
}

fn case_132(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isfinite(a))
}

fn case_133(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isfinite(n))
}

fn case_134(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isfinite(k))
}

fn case_135(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isfinite(f))
}

fn case_136(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isinf(a))
}

fn case_137(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isinf(n))
}

fn case_138(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isinf(k))
}

fn case_139(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isinf(f))
}

fn case_140(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.signbit(a))
}

fn case_141(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.signbit(n))
}

fn case_142(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.signbit(k))
}

fn case_143(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.signbit(f))
}

fn case_144(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.conjugate(a))
}

fn case_145(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.conjugate(n))
}

fn case_146(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.conjugate(k))
}

fn case_147(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.conjugate(f))
}

fn case_148(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.real(a))
}

fn case_149(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.real(n))
}

fn case_150(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.real(k))
}

fn case_151(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.real(f))
}

fn case_152(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.imag(a))
}

fn case_153(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.imag(n))
}

fn case_154(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.imag(k))
}

fn case_155(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.imag(f))
}

fn case_156(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.logical_not(a))
}

fn case_157(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logical_not(n))
}

fn case_158(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.logical_not(k))
}

fn case_159(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.logical_not(f))
}

fn case_160(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isposinf(a))
}

fn case_161(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isposinf(n))
}

fn case_162(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isposinf(k))
}

fn case_163(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isposinf(f))
}

fn case_164(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isneginf(a))
}

fn case_165(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isneginf(n))
}

fn case_166(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isneginf(k))
}

fn case_167(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isneginf(f))
}

fn case_168(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isreal(a))
}

fn case_169(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isreal(n))
}

fn case_170(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.isreal(k))
}

fn case_171(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.isreal(f))
}

fn case_172(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.iscomplex(a))
}

fn case_173(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.iscomplex(n))
}

fn case_174(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.iscomplex(k))
}

fn case_175(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.iscomplex(f))
}

fn case_176(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.angle(a))
}

fn case_177(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.angle(n))
}

fn case_178(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.angle(k))
}

fn case_179(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.angle(f))
}

fn case_180(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nan_to_num(a))
}

fn case_181(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nan_to_num(n))
}

fn case_182(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nan_to_num(k))
}

fn case_183(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.nan_to_num(f))
}

fn case_184(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sinc(a))
}

fn case_185(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sinc(n))
}

fn case_186(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sinc(k))
}

fn case_187(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.sinc(f))
}

fn case_188(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.add(a, c))
}

fn case_189(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.add(n, 2.5))
}

fn case_190(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.add(k, u.T))
}

fn case_191(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.add(f, r[:, None]))
}

fn case_192(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.subtract(a, c))
}

fn case_193(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.subtract(n, 2.5))
}

fn case_194(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.subtract(k, u.T))
}

fn case_195(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.subtract(f, r[:, None]))
}

fn case_196(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.multiply(a, c))
}

fn case_197(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.multiply(n, 2.5))
}

fn case_198(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.multiply(k, u.T))
}

fn case_199(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.multiply(f, r[:, None]))
}

fn case_200(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.divide(a, c))
}

fn case_201(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.divide(n, 2.5))
}

fn case_202(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.divide(k, u.T))
}

fn case_203(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.divide(f, r[:, None]))
}

fn case_204(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.floor_divide(a, c))
}

fn case_205(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.floor_divide(n, 2.5))
}

fn case_206(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.floor_divide(k, u.T))
}

fn case_207(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.floor_divide(f, r[:, None]))
}

fn case_208(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.remainder(a, c))
}

fn case_209(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.remainder(n, 2.5))
}

fn case_210(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.remainder(k, u.T))
}

fn case_211(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.remainder(f, r[:, None]))
}

fn case_212(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.power(a, c))
}

fn case_213(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.power(n, 2.5))
}

fn case_214(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.power(k, u.T))
}

fn case_215(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.power(f, r[:, None]))
}

fn case_216(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.maximum(a, c))
}

fn case_217(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.maximum(n, 2.5))
}

fn case_218(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.maximum(k, u.T))
}

fn case_219(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.maximum(f, r[:, None]))
}

fn case_220(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.minimum(a, c))
}

fn case_221(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.minimum(n, 2.5))
}

fn case_222(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.minimum(k, u.T))
}

fn case_223(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.minimum(f, r[:, None]))
}

fn case_224(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.fmax(a, c))
}

fn case_225(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.fmax(n, 2.5))
}

fn case_226(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.fmax(k, u.T))
}

fn case_227(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.fmax(f, r[:, None]))
}

fn case_228(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.fmin(a, c))
}

fn case_229(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.fmin(n, 2.5))
}

fn case_230(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.fmin(k, u.T))
}

fn case_231(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.fmin(f, r[:, None]))
}

fn case_232(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.hypot(a, c))
}

fn case_233(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.hypot(n, 2.5))
}

fn case_234(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.hypot(k, u.T))
}

fn case_235(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.hypot(f, r[:, None]))
}

fn case_236(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.arctan2(a, c))
}

fn case_237(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.arctan2(n, 2.5))
}

fn case_238(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.arctan2(k, u.T))
}

fn case_239(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.arctan2(f, r[:, None]))
}

fn case_240(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.copysign(a, c))
}

fn case_241(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.copysign(n, 2.5))
}

fn case_242(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.copysign(k, u.T))
}

fn case_243(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.copysign(f, r[:, None]))
}

fn case_244(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.nextafter(a, c))
}

fn case_245(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nextafter(n, 2.5))
}

fn case_246(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.nextafter(k, u.T))
}

fn case_247(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.nextafter(f, r[:, None]))
}

fn case_248(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.logaddexp(a, c))
}

fn case_249(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logaddexp(n, 2.5))
}

fn case_250(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.logaddexp(k, u.T))
}

fn case_251(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.logaddexp(f, r[:, None]))
}

fn case_252(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.logaddexp2(a, c))
}

fn case_253(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logaddexp2(n, 2.5))
}

fn case_254(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.logaddexp2(k, u.T))
}

fn case_255(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.logaddexp2(f, r[:, None]))
}

fn case_256(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.heaviside(a, c))
}

fn case_257(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.heaviside(n, 2.5))
}

fn case_258(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.heaviside(k, u.T))
}

fn case_259(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.heaviside(f, r[:, None]))
}

fn case_260(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.fmod(a, c))
}

fn case_261(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.fmod(n, 2.5))
}

fn case_262(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.fmod(k, u.T))
}

fn case_263(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.fmod(f, r[:, None]))
}

fn case_264(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.equal(a, c))
}

fn case_265(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.equal(n, 2.5))
}

fn case_266(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.equal(k, u.T))
}

fn case_267(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.equal(f, r[:, None]))
}

fn case_268(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.not_equal(a, c))
}

fn case_269(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.not_equal(n, 2.5))
}

fn case_270(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.not_equal(k, u.T))
}

fn case_271(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.not_equal(f, r[:, None]))
}

fn case_272(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.less(a, c))
}

fn case_273(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.less(n, 2.5))
}

fn case_274(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.less(k, u.T))
}

fn case_275(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.less(f, r[:, None]))
}

fn case_276(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.less_equal(a, c))
}

fn case_277(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.less_equal(n, 2.5))
}

fn case_278(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.less_equal(k, u.T))
}

fn case_279(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.less_equal(f, r[:, None]))
}

fn case_280(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.greater(a, c))
}

fn case_281(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.greater(n, 2.5))
}

fn case_282(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.greater(k, u.T))
}

fn case_283(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.greater(f, r[:, None]))
}

fn case_284(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.greater_equal(a, c))
}

fn case_285(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.greater_equal(n, 2.5))
}

fn case_286(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.greater_equal(k, u.T))
}

fn case_287(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.greater_equal(f, r[:, None]))
}

fn case_288(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.logical_and(a, c))
}

fn case_289(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logical_and(n, 2.5))
}

fn case_290(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.logical_and(k, u.T))
}

fn case_291(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.logical_and(f, r[:, None]))
}

fn case_292(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.logical_or(a, c))
}

fn case_293(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logical_or(n, 2.5))
}

fn case_294(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.logical_or(k, u.T))
}

fn case_295(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.logical_or(f, r[:, None]))
}

fn case_296(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.logical_xor(a, c))
}

fn case_297(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.logical_xor(n, 2.5))
}

fn case_298(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.logical_xor(k, u.T))
}

fn case_299(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.logical_xor(f, r[:, None]))
}

fn case_300(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.float_power(a, c))
}

fn case_301(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.float_power(n, 2.5))
}

fn case_302(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.float_power(k, u.T))
}

fn case_303(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    let r = x.get("r");
    nums!(np.float_power(f, r[:, None]))
}

fn case_304(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sum(a))
}

fn case_305(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sum(n, axis=0))
}

fn case_306(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.sum(k, axis=-1))
}

fn case_307(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.sum(t, axis=1))
}

fn case_308(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.sum(m, axis=1))
}

fn case_309(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.sum(t, axis=(0, 2)))
}

fn case_310(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.sum(c, axis=1, keepdims=True))
}

fn case_311(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.prod(a))
}

fn case_312(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.prod(n, axis=0))
}

fn case_313(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.prod(k, axis=-1))
}

fn case_314(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.prod(t, axis=1))
}

fn case_315(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.prod(m, axis=1))
}

fn case_316(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.prod(t, axis=(0, 2)))
}

fn case_317(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.prod(c, axis=1, keepdims=True))
}

fn case_318(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.mean(a))
}

fn case_319(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.mean(n, axis=0))
}

fn case_320(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.mean(k, axis=-1))
}

fn case_321(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.mean(t, axis=1))
}

fn case_322(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.mean(m, axis=1))
}

fn case_323(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.mean(t, axis=(0, 2)))
}

fn case_324(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.mean(c, axis=1, keepdims=True))
}

fn case_325(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.max(a))
}

fn case_326(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.max(n, axis=0))
}

fn case_327(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.max(k, axis=-1))
}

fn case_328(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.max(t, axis=1))
}

fn case_329(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.max(m, axis=1))
}

fn case_330(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.max(t, axis=(0, 2)))
}

fn case_331(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.max(c, axis=1, keepdims=True))
}

fn case_332(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.min(a))
}

fn case_333(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.min(n, axis=0))
}

fn case_334(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.min(k, axis=-1))
}

fn case_335(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.min(t, axis=1))
}

fn case_336(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.min(m, axis=1))
}

fn case_337(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.min(t, axis=(0, 2)))
}

fn case_338(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.min(c, axis=1, keepdims=True))
}

fn case_339(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.any(a))
}

fn case_340(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.any(n, axis=0))
}

fn case_341(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.any(k, axis=-1))
}

fn case_342(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.any(t, axis=1))
}

fn case_343(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.any(m, axis=1))
}

fn case_344(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.any(t, axis=(0, 2)))
}

fn case_345(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.any(c, axis=1, keepdims=True))
}

fn case_346(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.all(a))
}

fn case_347(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.all(n, axis=0))
}

fn case_348(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.all(k, axis=-1))
}

fn case_349(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.all(t, axis=1))
}

fn case_350(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.all(m, axis=1))
}

fn case_351(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.all(t, axis=(0, 2)))
}

fn case_352(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.all(c, axis=1, keepdims=True))
}

fn case_353(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.std(a))
}

fn case_354(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.std(n, axis=0))
}

fn case_355(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.std(k, axis=-1))
}

fn case_356(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.std(t, axis=1))
}

fn case_357(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.std(m, axis=1))
}

fn case_358(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.std(t, axis=(0, 2)))
}

fn case_359(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.std(c, axis=1, keepdims=True))
}

fn case_360(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.var(a))
}

fn case_361(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.var(n, axis=0))
}

fn case_362(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.var(k, axis=-1))
}

fn case_363(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.var(t, axis=1))
}

fn case_364(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.var(m, axis=1))
}

fn case_365(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.var(t, axis=(0, 2)))
}

fn case_366(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.var(c, axis=1, keepdims=True))
}

fn case_367(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.ptp(a))
}

fn case_368(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.ptp(n, axis=0))
}

fn case_369(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.ptp(k, axis=-1))
}

fn case_370(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.ptp(t, axis=1))
}

fn case_371(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.ptp(t, axis=(0, 2)))
}

fn case_372(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.ptp(c, axis=1, keepdims=True))
}

fn case_373(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.count_nonzero(a))
}

fn case_374(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.count_nonzero(n, axis=0))
}

fn case_375(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.count_nonzero(k, axis=-1))
}

fn case_376(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.count_nonzero(t, axis=1))
}

fn case_377(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.count_nonzero(m, axis=1))
}

fn case_378(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.count_nonzero(t, axis=(0, 2)))
}

fn case_379(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.count_nonzero(c, axis=1, keepdims=True))
}

fn case_380(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.argmax(a))
}

fn case_381(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.argmax(n, axis=0))
}

fn case_382(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.argmax(k, axis=-1))
}

fn case_383(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.argmax(t, axis=1))
}

fn case_384(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.argmax(m, axis=1))
}

fn case_385(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.argmin(a))
}

fn case_386(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.argmin(n, axis=0))
}

fn case_387(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.argmin(k, axis=-1))
}

fn case_388(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.argmin(t, axis=1))
}

fn case_389(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.argmin(m, axis=1))
}

fn case_390(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.median(a))
}

fn case_391(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.median(n, axis=0))
}

fn case_392(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.median(k, axis=-1))
}

fn case_393(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.median(t, axis=1))
}

fn case_394(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.median(m, axis=1))
}

fn case_395(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.median(t, axis=(0, 2), keepdims=True))
}

fn case_396(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nansum(a))
}

fn case_397(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nansum(n, axis=0))
}

fn case_398(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nansum(k, axis=-1))
}

fn case_399(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nansum(t, axis=1))
}

fn case_400(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nansum(m, axis=1))
}

fn case_401(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nansum(t, axis=(0, 2)))
}

fn case_402(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nansum(c, axis=1, keepdims=True))
}

fn case_403(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanprod(a))
}

fn case_404(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanprod(n, axis=0))
}

fn case_405(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanprod(k, axis=-1))
}

fn case_406(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanprod(t, axis=1))
}

fn case_407(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanprod(m, axis=1))
}

fn case_408(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanprod(t, axis=(0, 2)))
}

fn case_409(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanprod(c, axis=1, keepdims=True))
}

fn case_410(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanmean(a))
}

fn case_411(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanmean(n, axis=0))
}

fn case_412(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanmean(k, axis=-1))
}

fn case_413(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmean(t, axis=1))
}

fn case_414(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanmean(m, axis=1))
}

fn case_415(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmean(t, axis=(0, 2)))
}

fn case_416(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanmean(c, axis=1, keepdims=True))
}

fn case_417(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanmax(a))
}

fn case_418(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanmax(n, axis=0))
}

fn case_419(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanmax(k, axis=-1))
}

fn case_420(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmax(t, axis=1))
}

fn case_421(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanmax(m, axis=1))
}

fn case_422(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmax(t, axis=(0, 2)))
}

fn case_423(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanmax(c, axis=1, keepdims=True))
}

fn case_424(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanmin(a))
}

fn case_425(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanmin(n, axis=0))
}

fn case_426(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanmin(k, axis=-1))
}

fn case_427(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmin(t, axis=1))
}

fn case_428(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanmin(m, axis=1))
}

fn case_429(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmin(t, axis=(0, 2)))
}

fn case_430(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanmin(c, axis=1, keepdims=True))
}

fn case_431(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanvar(a))
}

fn case_432(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanvar(n, axis=0))
}

fn case_433(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanvar(k, axis=-1))
}

fn case_434(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanvar(t, axis=1))
}

fn case_435(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanvar(m, axis=1))
}

fn case_436(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanvar(t, axis=(0, 2)))
}

fn case_437(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanvar(c, axis=1, keepdims=True))
}

fn case_438(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanstd(a))
}

fn case_439(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanstd(n, axis=0))
}

fn case_440(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanstd(k, axis=-1))
}

fn case_441(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanstd(t, axis=1))
}

fn case_442(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanstd(m, axis=1))
}

fn case_443(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanstd(t, axis=(0, 2)))
}

fn case_444(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanstd(c, axis=1, keepdims=True))
}

fn case_445(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.nanmedian(a))
}

fn case_446(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanmedian(n, axis=0))
}

fn case_447(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.nanmedian(k, axis=-1))
}

fn case_448(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmedian(t, axis=1))
}

fn case_449(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nanmedian(m, axis=1))
}

fn case_450(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.nanmedian(t, axis=(0, 2)))
}

fn case_451(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanmedian(c, axis=1, keepdims=True))
}

fn case_452(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cumsum(a))
}

fn case_453(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.cumsum(n, axis=0))
}

fn case_454(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cumsum(k, axis=-1))
}

fn case_455(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.cumsum(t, axis=1))
}

fn case_456(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.cumsum(m, axis=1))
}

fn case_457(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cumprod(a))
}

fn case_458(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.cumprod(n, axis=0))
}

fn case_459(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cumprod(k, axis=-1))
}

fn case_460(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.cumprod(t, axis=1))
}

fn case_461(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.cumprod(m, axis=1))
}

fn case_462(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.sort(a))
}

fn case_463(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.sort(c, axis=0))
}

fn case_464(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sort(n, axis=None))
}

fn case_465(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.sort(n, axis=0))
}

fn case_466(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.sort(v))
}

fn case_467(x: &Inputs) -> Result<DynArray> {
    let z = x.get("z");
    nums!(np.sort(z, axis=1))
}

fn case_468(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.sort(m, axis=0))
}

fn case_469(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(np.sort(u, axis=-1))
}

fn case_470(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.argsort(c, axis=1, stable=True))
}

fn case_471(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.argsort(v))
}

fn case_472(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.argsort(k, axis=0, stable=True))
}

fn case_473(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.argsort(p, stable=True))
}

fn case_474(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.argsort(n, axis=1, stable=True))
}

fn case_475(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.lexsort((p, p % 2)))
}

fn case_476(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let p = x.get("p");
    nums!(np.lexsort([v[:6], p]))
}

fn case_477(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let w = x.get("w");
    nums!(np.searchsorted(w, v))
}

fn case_478(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let w = x.get("w");
    nums!(np.searchsorted(w, a, side="right"))
}

fn case_479(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.searchsorted(np.sort(p), [0, 1, 3, 9]))
}

fn case_480(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let w = x.get("w");
    nums!(np.digitize(v, w))
}

fn case_481(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let w = x.get("w");
    nums!(np.digitize(c, w, right=True))
}

fn case_482(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let p = x.get("p");
    nums!(np.isin(k, p))
}

fn case_483(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.isin(c, [2.0, 5.0], invert=True))
}

fn case_484(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.bincount(p))
}

fn case_485(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let p = x.get("p");
    nums!(np.bincount(p, weights=v[:6], minlength=9))
}

fn case_486(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.unique(c))
}

fn case_487(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.unique(n))
}

fn case_488(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.unique(p))
}

fn case_489(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.unique(k, return_counts=True)[1])
}

fn case_490(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.unique(c, return_inverse=True)[1])
}

fn case_491(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.unique(p, return_index=True)[1])
}

fn case_492(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let k = x.get("k");
    nums!(np.union1d(c, k))
}

fn case_493(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let k = x.get("k");
    nums!(np.intersect1d(c, k))
}

fn case_494(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let k = x.get("k");
    nums!(np.setdiff1d(c, k))
}

fn case_495(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    let i = x.get("i");
    nums!(np.setxor1d(p, i))
}

fn case_496(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.histogram(v)[0])
}

fn case_497(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.histogram(v, bins=4)[1])
}

fn case_498(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.histogram(a, bins=5, range=(-1, 1))[0])
}

fn case_499(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let w = x.get("w");
    nums!(np.histogram(v, bins=w)[0])
}

fn case_500(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.histogram(v, bins=3, density=True)[0])
}

fn case_501(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let w = x.get("w");
    nums!(np.interp(v, w, w ** 2))
}

fn case_502(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let w = x.get("w");
    nums!(np.interp(c, w, w, left=-9, right=9))
}

fn case_503(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nonzero(c)[0])
}

fn case_504(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nonzero(c)[1])
}

fn case_505(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.nonzero(m)[1])
}

fn case_506(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.flatnonzero(c))
}

fn case_507(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.argwhere(m))
}

fn case_508(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.where(m)[0])
}

fn case_509(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    let m = x.get("m");
    nums!(np.where(m, a, c))
}

fn case_510(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let m = x.get("m");
    nums!(np.where(m, k, 2))
}

fn case_511(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let m = x.get("m");
    nums!(a[m])
}

fn case_512(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    let k = x.get("k");
    nums!(k[c > 1])
}

fn case_513(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let q = x.get("q");
    nums!(a[q])
}

fn case_514(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let m = x.get("m");
    nums!(a[:, m[0]])
}

fn case_515(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    let t = x.get("t");
    nums!(t[:, m])
}

fn case_516(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let q = x.get("q");
    nums!(a[q, 1:3])
}

fn case_517(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(a[i[:2], 1])
}

fn case_518(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(a[i])
}

fn case_519(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(a[:, i])
}

fn case_520(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(a[i[:, None], i])
}

fn case_521(x: &Inputs) -> Result<DynArray> {
    let i = x.get("i");
    let t = x.get("t");
    nums!(t[i[:2] % 2, :, i[:2]])
}

fn case_522(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t[:, [0, 2], 1:])
}

fn case_523(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[[0, 2, 0]])
}

fn case_524(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[[0, 1], [2, 3]])
}

fn case_525(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t[0, [1, 2], ::2])
}

fn case_526(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t[..., [3, 0]])
}

fn case_527(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[-1])
}

fn case_528(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[..., 1])
}

fn case_529(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[None, :, 2])
}

fn case_530(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[1:, ::-1])
}

fn case_531(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a[::2, -3:-1])
}

fn case_532(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t[:, 1, None, ::-2])
}

fn case_533(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(v[[True, False, True, True, False, False, True]])
}

fn case_534(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(np.take(a, i))
}

fn case_535(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let i = x.get("i");
    nums!(np.take(a, i, axis=0))
}

fn case_536(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.take(a, [[0, 1], [3, 2]], axis=1))
}

fn case_537(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.take(v, [9, -9], mode="clip"))
}

fn case_538(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.take(v, [9, -9], mode="wrap"))
}

fn case_539(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.take_along_axis(a, np.argsort(a, axis=1), axis=1))
}

fn case_540(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.take_along_axis(c, np.argmax(c, axis=0, keepdims=True), axis=0))
}

fn case_541(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let q = x.get("q");
    nums!(np.compress(q, a, axis=0))
}

fn case_542(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.compress([1, 0, 1, 1], a, axis=1))
}

fn case_543(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let m = x.get("m");
    nums!(np.extract(m, a))
}

fn case_544(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.select([c > 2, c > 0], [c, -c], 7.0))
}

fn case_545(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.diagonal(a))
}

fn case_546(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.diagonal(g, offset=1))
}

fn case_547(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.diagonal(t, axis1=1, axis2=2))
}

fn case_548(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.diagonal(t, -1, 0, 2))
}

fn case_549(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.diag(a))
}

fn case_550(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.diag(v, k=-1))
}

fn case_551(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.diag(g, 2))
}

fn case_552(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.diagflat(r, 1))
}

fn case_553(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.trace(g))
}

fn case_554(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.trace(t, axis1=1, axis2=2))
}

fn case_555(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.tril(a))
}

fn case_556(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.triu(a, 1))
}

fn case_557(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.tril(t, -1))
}

fn case_558(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.triu(g, k=-2))
}

fn case_559(_: &Inputs) -> Result<DynArray> {
    nums!(np.tri(3))
}

fn case_560(_: &Inputs) -> Result<DynArray> {
    nums!(np.tri(3, 5, 1))
}

fn case_561(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.vander(r))
}

fn case_562(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.vander(r, 2, increasing=True))
}

fn case_563(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.squeeze(t[:1]))
}

fn case_564(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.squeeze(a[None], axis=0))
}

fn case_565(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.expand_dims(a, 1))
}

fn case_566(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.expand_dims(a, (0, -1)))
}

fn case_567(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.swapaxes(t, 0, 2))
}

fn case_568(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.moveaxis(t, 0, -1))
}

fn case_569(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.moveaxis(t, [0, 1], [2, 0]))
}

fn case_570(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.matrix_transpose(t))
}

fn case_571(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t.mT)
}

fn case_572(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.T)
}

fn case_573(x: &Inputs) -> Result<DynArray> {
    let s0 = x.get("s0");
    nums!(np.atleast_1d(s0))
}

fn case_574(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.atleast_2d(v))
}

fn case_575(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.atleast_3d(a))
}

fn case_576(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.flip(t))
}

fn case_577(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.flip(t, axis=1))
}

fn case_578(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.flip(t, axis=(0, 2)))
}

fn case_579(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.fliplr(a))
}

fn case_580(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.flipud(a))
}

fn case_581(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.rot90(a))
}

fn case_582(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.rot90(a, 2))
}

fn case_583(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.rot90(a, -1))
}

fn case_584(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.rot90(t, 1, axes=(1, 2)))
}

fn case_585(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.roll(v, 2))
}

fn case_586(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.roll(a, 5))
}

fn case_587(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.roll(a, -1, axis=0))
}

fn case_588(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.roll(t, (1, 2), axis=(0, 2)))
}

fn case_589(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.tile(v, 2))
}

fn case_590(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.tile(a, (2, 1)))
}

fn case_591(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.tile(a, (2, 1, 2)))
}

fn case_592(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.repeat(v, 3))
}

fn case_593(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.repeat(a, 2, axis=1))
}

fn case_594(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.repeat(a, [1, 0, 2], axis=0))
}

fn case_595(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.broadcast_to(r, (2, 3)))
}

fn case_596(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.broadcast_to(r[:, None], a.shape))
}

fn case_597(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.broadcast_arrays(a, r[:, None])[1])
}

fn case_598(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.stack([a, c]))
}

fn case_599(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.stack((a, c), axis=-1))
}

fn case_600(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    let y3 = x.get("y3");
    nums!(np.vstack([r, y3]))
}

fn case_601(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.hstack([a, c]))
}

fn case_602(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    let y3 = x.get("y3");
    nums!(np.hstack([r, y3]))
}

fn case_603(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.dstack([a, c]))
}

fn case_604(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    let y3 = x.get("y3");
    nums!(np.column_stack([r, y3]))
}

fn case_605(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.concatenate([a, c], axis=1))
}

fn case_606(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let k = x.get("k");
    nums!(np.concatenate((a, k)))
}

fn case_607(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.append(a, c, axis=0))
}

fn case_608(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.append(v, 3.0))
}

fn case_609(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.split(v[:6], 3)[1])
}

fn case_610(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.split(a, [1, 3], axis=1)[1])
}

fn case_611(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.array_split(v, 3)[0])
}

fn case_612(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.array_split(v, 3)[2])
}

fn case_613(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.hsplit(a, 2)[1])
}

fn case_614(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.vsplit(g, 2)[0])
}

fn case_615(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.dsplit(t, 2)[1])
}

fn case_616(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.pad(v, 2))
}

fn case_617(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.pad(a, (1, 0)))
}

fn case_618(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.pad(a, ((1, 2), (0, 1)), constant_values=7))
}

fn case_619(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.pad(v, 2, mode="edge"))
}

fn case_620(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.pad(v, (3, 1), mode="reflect"))
}

fn case_621(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.pad(v, (1, 3), mode="symmetric"))
}

fn case_622(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.pad(a, 1, mode="wrap"))
}

fn case_623(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.zeros((2, 3)) + r)
}

fn case_624(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.ones(3, dtype=np.int32) * r)
}

fn case_625(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.full((2, 2), 7) + g[:2, :2])
}

fn case_626(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    let u = x.get("u");
    nums!(np.zeros_like(k) + u.T)
}

fn case_627(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.ones_like(f) * f)
}

fn case_628(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.full_like(a, 2) + a)
}

fn case_629(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.arange(3) * r)
}

fn case_630(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.arange(1, 10, 3) + r)
}

fn case_631(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.eye(4) @ g)
}

fn case_632(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.identity(3) + r)
}

fn case_633(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.eye(3, 4, 1) * a)
}

fn case_634(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    nums!(np.linspace(0, 1, 5) + w)
}

fn case_635(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    nums!(np.linspace(-2, 3, 5, endpoint=False) + w)
}

fn case_636(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    nums!(np.logspace(0, 2, 5) * w)
}

fn case_637(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    nums!(np.geomspace(1, 16, 5) * w)
}

fn case_638(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    let r = x.get("r");
    nums!(np.meshgrid(r, w)[0])
}

fn case_639(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    let r = x.get("r");
    nums!(np.meshgrid(r, w, indexing="ij")[1])
}

fn case_640(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.array([1, 2, 3]) * r)
}

fn case_641(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.array([[1.5, 2], [3, 4]]) @ g[:2])
}

fn case_642(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(r + [1, 2, 3])
}

fn case_643(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.clip(a, -1, 1))
}

fn case_644(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.clip(k, 0, 5))
}

fn case_645(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(np.clip(u, 10, 300))
}

fn case_646(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.clip(a, None, r[:, None]))
}

fn case_647(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.round(a, 2))
}

fn case_648(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.round(c / 3))
}

fn case_649(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.around(k, -1))
}

fn case_650(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.diff(v))
}

fn case_651(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.diff(a, axis=0))
}

fn case_652(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.diff(k, n=2))
}

fn case_653(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.diff(m, axis=0))
}

fn case_654(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.gradient(v))
}

fn case_655(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.gradient(a, axis=0))
}

fn case_656(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.gradient(v, 0.5))
}

fn case_657(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.trapezoid(v))
}

fn case_658(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.trapezoid(a, dx=0.5, axis=0))
}

fn case_659(x: &Inputs) -> Result<DynArray> {
    let w = x.get("w");
    nums!(np.trapezoid(w ** 2, w))
}

fn case_660(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cov(a))
}

fn case_661(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cov(a, rowvar=False))
}

fn case_662(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.cov(v))
}

fn case_663(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cov(a, bias=True))
}

fn case_664(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.corrcoef(a))
}

fn case_665(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.average(a))
}

fn case_666(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.average(a, axis=0, weights=r))
}

fn case_667(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.average(c, weights=np.abs(a)))
}

fn case_668(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.percentile(v, 30))
}

fn case_669(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.quantile(a, 0.25, axis=1))
}

fn case_670(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.quantile(a, [0.1, 0.5, 0.9], axis=0))
}

fn case_671(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(np.percentile(t, [25, 75]))
}

fn case_672(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.quantile(n, 0.5, axis=0))
}

fn case_673(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.quantile(c, 0.3, axis=(0, 1), keepdims=True))
}

fn case_674(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.median(f, axis=0))
}

fn case_675(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(np.median(u))
}

fn case_676(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.std(a, ddof=1))
}

fn case_677(x: &Inputs) -> Result<DynArray> {
    let z = x.get("z");
    nums!(np.var(z))
}

fn case_678(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.var(k, axis=0, ddof=1))
}

fn case_679(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(np.std(f, axis=1))
}

fn case_680(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nancumsum(n, axis=1))
}

fn case_681(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(np.cumsum(u))
}

fn case_682(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.cumsum(a, axis=0))
}

fn case_683(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.cumprod(k, axis=1))
}

fn case_684(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.cumulative_sum(v, include_initial=True))
}

fn case_685(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.maximum.accumulate(v))
}

fn case_686(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.minimum.accumulate(a, axis=1))
}

fn case_687(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.argmax(n, axis=1))
}

fn case_688(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nanargmax(n, axis=1))
}

fn case_689(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(np.nanargmin(c, axis=0))
}

fn case_690(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.argmin(a, axis=0, keepdims=True))
}

fn case_691(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(np.argmax(m))
}

fn case_692(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.argmax())
}

fn case_693(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.cumsum(axis=1))
}

fn case_694(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k.sum())
}

fn case_695(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.mean(axis=0))
}

fn case_696(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k.std())
}

fn case_697(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(u.max(axis=0))
}

fn case_698(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.reshape(4, 3))
}

fn case_699(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.reshape((2, -1)))
}

fn case_700(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.ravel())
}

fn case_701(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    nums!(t.transpose(2, 0, 1))
}

fn case_702(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k.astype(np.float32))
}

fn case_703(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.clip(0, 1))
}

fn case_704(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(c.round(1))
}

fn case_705(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(np.einsum("ij,jk->ik", a, b))
}

fn case_706(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.einsum("ij->ji", a))
}

fn case_707(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.einsum("ii->i", g))
}

fn case_708(x: &Inputs) -> Result<DynArray> {
    let g = x.get("g");
    nums!(np.einsum("ii", g))
}

fn case_709(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.einsum("ij,ij->", a, c))
}

fn case_710(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.einsum("ij,ij->j", a, c))
}

fn case_711(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.einsum("i,j->ij", v, r))
}

fn case_712(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let t = x.get("t");
    nums!(np.einsum("bij,jk->bik", t, b))
}

fn case_713(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    let x3 = x.get("x3");
    nums!(np.einsum("ijk,jf->ikf", t, x3[:3]))
}

fn case_714(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    let x3 = x.get("x3");
    nums!(np.einsum("ij,jk,kl->il", a, b, x3))
}

fn case_715(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let t = x.get("t");
    nums!(np.einsum("...ij,jk->...ik", t, b))
}

fn case_716(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.einsum("ij,kj", a, c))
}

fn case_717(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let t = x.get("t");
    nums!(np.tensordot(t, a, axes=2))
}

fn case_718(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(np.tensordot(a, b, axes=1))
}

fn case_719(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.tensordot(r, v, axes=0))
}

fn case_720(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    let x3 = x.get("x3");
    nums!(np.tensordot(t, x3, axes=([1], [1])))
}

fn case_721(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(np.dot(a, b))
}

fn case_722(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.dot(v, v))
}

fn case_723(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let t = x.get("t");
    nums!(np.dot(t, b))
}

fn case_724(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.inner(a, c))
}

fn case_725(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.outer(v, r))
}

fn case_726(x: &Inputs) -> Result<DynArray> {
    let z = x.get("z");
    nums!(np.vdot(z, z))
}

fn case_727(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.vecdot(a, c))
}

fn case_728(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let t = x.get("t");
    nums!(np.matvec(t, b[:, 0]))
}

fn case_729(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.vecmat(r, a))
}

fn case_730(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(np.kron(a[:2, :2], r))
}

fn case_731(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.kron(r, v))
}

fn case_732(x: &Inputs) -> Result<DynArray> {
    let x3 = x.get("x3");
    let y3 = x.get("y3");
    nums!(np.cross(x3, y3))
}

fn case_733(x: &Inputs) -> Result<DynArray> {
    let x3 = x.get("x3");
    nums!(np.cross(x3, x3[::-1]))
}

fn case_734(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(a @ b)
}

fn case_735(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(v @ v)
}

fn case_736(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let t = x.get("t");
    nums!(t @ b)
}

fn case_737(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a.T @ a)
}

fn case_738(x: &Inputs) -> Result<DynArray> {
    let z = x.get("z");
    nums!(z @ z.T)
}

fn case_739(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k @ k.T)
}

fn case_740(x: &Inputs) -> Result<DynArray> {
    let f = x.get("f");
    nums!(f @ f.T)
}

fn case_741(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(r @ a)
}

fn case_742(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(np.matmul(a, b[:, 0]))
}

fn case_743(x: &Inputs) -> Result<DynArray> {
    let b = x.get("b");
    let g = x.get("g");
    nums!(np.linalg.solve(g, b))
}

fn case_744(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    nums!(np.linalg.norm(v))
}

fn case_745(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.linalg.norm(a))
}

fn case_746(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.linalg.norm(a, axis=1))
}

fn case_747(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.linalg.norm(a, 1, axis=0))
}

fn case_748(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.polyval(r, v))
}

fn case_749(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.convolve(v, r))
}

fn case_750(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.convolve(v, r, mode="same"))
}

fn case_751(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let r = x.get("r");
    nums!(np.convolve(v, r, "valid"))
}

fn case_752(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.isclose(a, a + 1e-9))
}

fn case_753(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.isclose(n, n, equal_nan=True))
}

fn case_754(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.allclose(a, a + 1e-9))
}

fn case_755(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.array_equal(a, a))
}

fn case_756(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    nums!(np.array_equal(a, c))
}

fn case_757(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let b = x.get("b");
    nums!(np.array_equal(a, b))
}

fn case_758(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.divmod(k, 4)[0])
}

fn case_759(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.divmod(k, 4)[1])
}

fn case_760(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.modf(a)[0])
}

fn case_761(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.modf(n)[1])
}

fn case_762(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.gcd(k, 6))
}

fn case_763(x: &Inputs) -> Result<DynArray> {
    let p = x.get("p");
    nums!(np.lcm(p, 4))
}

fn case_764(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.partition(r, 1)[1])
}

fn case_765(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    let s0 = x.get("s0");
    nums!(a if s0 > 0 else c)
}

fn case_766(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let c = x.get("c");
    let v = x.get("v");
    nums!((a if len(v) > 9 else c) + 1)
}

fn case_767(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(0 < a)
}

fn case_768(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!((0 < c) & (c <= 2))
}

fn case_769(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(~m)
}

fn case_770(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(-k)
}

fn case_771(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(+a)
}

fn case_772(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k % 3)
}

fn case_773(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(2 ** c)
}

fn case_774(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a ** 2)
}

fn case_775(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k ** 3)
}

fn case_776(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(2j * a)
}

fn case_777(x: &Inputs) -> Result<DynArray> {
    let c = x.get("c");
    nums!(1 / c)
}

fn case_778(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(a / 0)
}

fn case_779(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k & 3)
}

fn case_780(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k)
}

fn case_781(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(u << 1)
}

fn case_782(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(k >> 1)
}

fn case_783(x: &Inputs) -> Result<DynArray> {
    let m = x.get("m");
    nums!(m ^ m.T.T)
}

fn case_784(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.bitwise_or(k, 1))
}

fn case_785(x: &Inputs) -> Result<DynArray> {
    let u = x.get("u");
    nums!(np.invert(u))
}

fn case_786(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.left_shift(k, 2))
}

fn case_787(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.sum(e))
}

fn case_788(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.sum(e, axis=0))
}

fn case_789(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.mean(e, axis=1))
}

fn case_790(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.prod(e))
}

fn case_791(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.sort(e, axis=0))
}

fn case_792(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.cumsum(e, axis=0))
}

fn case_793(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.median(e, axis=0))
}

fn case_794(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.unique(e))
}

fn case_795(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(e + 1)
}

fn case_796(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.nonzero(e)[0])
}

fn case_797(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    let x3 = x.get("x3");
    nums!(np.concatenate([e, x3]))
}

fn case_798(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let m = x.get("m");
    nums!(a[m & ~m])
}

fn case_799(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.where(e)[0])
}

fn case_800(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    let x3 = x.get("x3");
    nums!(e @ x3.T)
}

fn case_801(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.any(e))
}

fn case_802(x: &Inputs) -> Result<DynArray> {
    let e = x.get("e");
    nums!(np.all(e, axis=0))
}

fn case_803(x: &Inputs) -> Result<DynArray> {
    let v = x.get("v");
    let x3 = x.get("x3");
    nums!(x3.shape[0] * v)
}

fn case_804(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let v = x.get("v");
    nums!(len(a) + v)
}

fn case_805(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(a.size + r)
}

fn case_806(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    let r = x.get("r");
    nums!(a.ndim * r)
}

fn case_807(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    let r = x.get("r");
    nums!(np.size(t) - r)
}

fn case_808(x: &Inputs) -> Result<DynArray> {
    let t = x.get("t");
    let r = x.get("r");
    nums!(np.ndim(t) * r)
}

fn case_809(x: &Inputs) -> Result<DynArray> {
    let a = x.get("a");
    nums!(np.float32(2.5) * a)
}

fn case_810(x: &Inputs) -> Result<DynArray> {
    let k = x.get("k");
    nums!(np.int64(3) + k)
}

fn case_811(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.pi * r)
}

fn case_812(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.e * r)
}

fn case_813(x: &Inputs) -> Result<DynArray> {
    let r = x.get("r");
    nums!(np.inf * r)
}

fn case_814(x: &Inputs) -> Result<DynArray> {
    let n = x.get("n");
    nums!(np.nan_to_num(n, nan=1.0, posinf=5.0))
}
