"""What is remembered is neither old nor endless."""

from traceability.ledger.remembered import Remembered


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_a_value_is_forgotten_when_its_time_is_over() -> None:
    clock = Clock()
    memory: Remembered[str, int] = Remembered(10, clock, lasting=100)
    memory.put("a", 1)
    clock.now = 99
    assert memory.get("a") == 1
    clock.now = 100
    assert memory.get("a") is None


def test_the_oldest_gives_way_to_the_newest() -> None:
    memory: Remembered[int, int] = Remembered(3, Clock())
    for n in range(5):
        memory.put(n, n)
    assert [memory.get(n) for n in range(5)] == [None, None, 2, 3, 4]


def test_a_value_that_is_put_again_is_the_newest_again() -> None:
    memory: Remembered[int, int] = Remembered(2, Clock())
    for n in (0, 1, 0, 2):
        memory.put(n, n)
    assert [memory.get(n) for n in range(3)] == [0, None, 2]


def test_one_value_or_all_can_be_forgotten() -> None:
    memory: Remembered[int, int] = Remembered(5, Clock())
    for n in range(3):
        memory.put(n, n)
    memory.forget(1)
    memory.forget(7)
    assert [memory.get(n) for n in range(3)] == [0, None, 2]
    memory.clear()
    assert [memory.get(n) for n in range(3)] == [None, None, None]
