from lontar.net.pacing import Pace


def test_the_surplus_waits_until_the_oldest_leaves_the_window() -> None:
    pace = Pace(most=2, seconds=30)
    assert pace.wait(100) == 0
    pace.count(100)
    pace.count(110)
    assert pace.wait(115) == 15
    assert pace.wait(129) == 1
    assert pace.wait(130) == 0
    pace.count(130)
    assert pace.wait(131) == 9
