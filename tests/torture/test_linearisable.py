"""The checker itself: it accepts what may happen and refuses what may not."""
from linearisable import ABSENT, APPLIED, REFUSED, UNKNOWN, linearisable


def test_overlapping_puts_may_happen_in_either_order():
    puts = [(0, 10, "put", ("a",), APPLIED), (0, 10, "put", ("b",), APPLIED)]
    assert linearisable(puts + [(11, 12, "get", (), "a")])
    assert linearisable(puts + [(11, 12, "get", (), "b")])
    assert not linearisable(puts + [(11, 12, "get", (), None)])


def test_a_read_does_not_go_back_in_time():
    puts = [(0, 1, "put", ("a",), APPLIED), (2, 3, "put", ("b",), APPLIED)]
    assert not linearisable(puts + [(4, 5, "get", (), "a")])
    overlapping = [(0, 1, "put", ("a",), APPLIED), (2, 9, "put", ("b",), APPLIED)]
    assert not linearisable(overlapping + [(3, 4, "get", (), "b"), (5, 6, "get", (), "a")])


def test_an_acknowledged_delete_is_seen():
    assert not linearisable([(0, 1, "put", ("a",), APPLIED), (2, 3, "delete", (), APPLIED), (4, 5, "get", (), "a")])


def test_one_of_two_creators_wins():
    both = [(0, 10, "create", ("a",), APPLIED), (0, 10, "create", ("b",), APPLIED)]
    assert not linearisable(both)
    assert linearisable([(0, 10, "create", ("a",), APPLIED), (0, 10, "create", ("b",), REFUSED)])


def test_a_replacement_needs_what_it_names():
    assert linearisable([(0, 1, "put", ("a",), APPLIED), (2, 3, "replace", ("a", "b"), APPLIED)])
    assert not linearisable([(0, 1, "put", ("a",), APPLIED), (2, 3, "replace", ("x", "b"), APPLIED)])
    assert not linearisable([(0, 1, "put", ("a",), APPLIED), (2, 3, "replace", ("a", "b"), REFUSED)])
    assert linearisable([(2, 3, "replace", ("a", "b"), ABSENT)])


def test_an_unknown_outcome_is_old_or_new():
    unknown = [(0, 1, "put", ("a",), APPLIED), (2, 3, "put", ("b",), UNKNOWN)]
    assert linearisable(unknown + [(4, 5, "get", (), "a")])
    assert linearisable(unknown + [(4, 5, "get", (), "b")])
    assert not linearisable(unknown + [(4, 5, "get", (), "b"), (6, 7, "get", (), "a")])
