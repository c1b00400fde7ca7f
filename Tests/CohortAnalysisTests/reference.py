"""Independent figures for CohortAnalysisTests, written as a Swift table.

Quartiles, means and ranks come from scipy and numpy and, exactly, from Python's fractions; standard deviations from the statistics
module, which takes exact fractions; the made-up scores from a second implementation of SplitMix64. Regenerate beside this file with

    python3 reference.py > Reference.swift

(made with Python 3.11 or later, numpy 2, scipy 1.17; the table names the versions).
"""

import platform
import statistics
import sys
from fractions import Fraction

import numpy
import scipy
from scipy import stats

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64

    def around_zero(self, reach):
        first = self.below(reach + 1)
        return first - self.below(reach + 1)


def fingerprint(key):
    value = 0xCBF29CE484222325
    for byte in key.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


FATE, APPLIES, LEVEL, SEASON, ASPECT, DIMENSION = range(1, 7)


def stream(seed, purpose, region, year, key=""):
    state = seed & MASK
    for part in (purpose, region, year, fingerprint(key)):
        state = SplitMix64(state ^ part).next()
    return SplitMix64(state)


def hundredths(seed, purpose, region, year, key):
    level = stream(seed, LEVEL, region, 0).around_zero(80)
    season = stream(seed, SEASON, region, year).around_zero(15)
    detail = stream(seed, purpose, region, year, key).around_zero(40)
    return min(400, max(0, 265 + 6 * max(0, year - 2017) + level + season + detail))


def synthetic(seed, region, year, last, aspect, dimension):
    fate = stream(seed, FATE, region, year).below(100)
    if fate < 8:
        return "not_reported"
    if fate < 10:
        return "withheld"
    if fate < 11:
        return "not_applicable"
    if fate < 16 and year == last:
        return "not_yet_due"
    part = "not_applicable"
    if stream(seed, APPLIES, region, year, dimension).below(100) != 0:
        part = str(hundredths(seed, DIMENSION, region, year, dimension))
    return f"{hundredths(seed, ASPECT, region, year, aspect)} {part}"


def random_values(count, seed, spread, decimals):
    source = SplitMix64(seed)
    return [f"{source.below(spread) / 10**decimals:.{decimals}f}" for _ in range(count)]


CASES = {
    "one": ["3.31"],
    "two": ["3.06", "3.31"],
    "three": ["1", "2", "4"],
    "four": ["4", "3", "2", "1"],
    "constant": ["2.50"] * 7,
    "zeros": ["0", "0.00", "0.000"],
    "ties everywhere": ["3.1", "3.10", "2.7", "2.70", "3.1", "1.0", "2.7", "4.0", "4.00"],
    "negative": ["-1.25", "-3.5", "0", "2.75", "-1.25"],
    "mixed scales": ["1", "1.5", "1.25", "1.125", "1.0625", "1.03125", "1.015625"],
    "Kediri's parts": ["3.60", "3.21", "3.23", "3.07", "3.65"],
    "huge": ["900000000000000000", "-900000000000000000", "1", "0.000001"],
    "huge and close": ["999999999999.99", "999999999999.98", "999999999999.95", "999999999999.99"],
    "hundred": random_values(100, 1, 401, 2),
    "many ties": random_values(201, 2, 9, 1),
}


def swift_list(items):
    return "[" + ", ".join(items) + "]"


def quote(text):
    return '"' + text + '"'


def quantile(values, quarter):
    """Type 7, exactly."""
    ordered = sorted(values)
    position = Fraction((len(ordered) - 1) * quarter, 4)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def check_with_scipy(name, values, quartiles, mean, deviation, ranks):
    """The exact figures must be scipy's, as far as binary numbers go."""
    floats = numpy.array([float(value) for value in values])
    scale = max(1.0, float(numpy.abs(floats).max()))
    for quarter, exact in zip((1, 2, 3), quartiles):
        for other in (numpy.quantile(floats, quarter / 4, method="linear"), stats.quantile(floats, quarter / 4, method="linear")):
            assert abs(float(other) - float(exact)) <= 1e-15 * scale * 4, (name, quarter)
    assert abs(float(stats.tmean(floats)) - float(mean)) <= 1e-14 * scale, name
    if deviation is not None:
        assert abs(float(stats.tstd(floats)) - deviation) <= 1e-14 * scale, name
    distinct = len(set(floats)) == len(set(values))
    assert not distinct or [int(rank) for rank in stats.rankdata(-floats, method="min")] == ranks, name


def case(name, texts):
    values = [Fraction(text) for text in texts]
    quartiles = [quantile(values, quarter) for quarter in (1, 2, 3)]
    mean = Fraction(sum(values), len(values))
    deviation = statistics.stdev(values) if len(values) > 1 else None
    deviation = None if deviation is None else float(deviation)
    ranks = [1 + sum(other > value for other in values) for value in values]
    check_with_scipy(name, values, quartiles, mean, deviation, ranks)
    fractions = [f"{figure.numerator}/{figure.denominator}" for figure in quartiles + [mean]]
    print("    Case(")
    print(f"      name: {quote(name)}, values: {swift_list(quote(text) for text in texts)},")
    print(f"      fractions: {swift_list(quote(text) for text in fractions)}, sd: {'nil' if deviation is None else repr(deviation)},")
    print(f"      ranks: {swift_list(str(rank) for rank in ranks)}),")


def main():
    print("// Written by reference.py; see there how to regenerate it.")
    print(f"// Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}.")
    print("// swift-format-ignore-file")
    print("enum Reference {")
    print("  struct Case: Sendable {")
    print("    let name: String")
    print("    let values: [String]")
    print("    /// First, second, third quartile and mean.")
    print("    let fractions: [String]")
    print("    let sd: Double?")
    print("    let ranks: [Int]")
    print("  }")
    print("  static let cases: [Case] = [")
    for name, texts in CASES.items():
        case(name, texts)
    print("  ]")
    print("  /// Seed, region, year, and the outcome: the reason, or hundredths of aspect \"output\" and dimension \"living\".")
    print("  static let synthetic: [(seed: Int64, region: Int32, year: Int, outcome: String)] = [")
    for seed in (0, 42, -7):
        for region in (1, 2, 257, 514):
            for year in (2017, 2023, 2024):
                print(f"    ({seed}, {region}, {year}, {quote(synthetic(seed, region, year, 2024, 'output', 'living'))}),")
    kinds = {"not_reported": [], "withheld": [], "not_applicable": [], "not_yet_due": []}
    for region in range(1, 515):
        outcome = synthetic(42, region, 2024, 2024, "output", "living")
        if outcome in kinds and len(kinds[outcome]) < 2:
            kinds[outcome].append(region)
            print(f"    (42, {region}, 2024, {quote(outcome)}),")
    assert all(kinds.values())
    print("  ]")
    print("}")


if __name__ == "__main__":
    sys.exit(main())
