"""Decides whether what several clients saw of one key can have happened one after another.

An operation is (begin, end, kind, argument, outcome); the state is the value that the key holds, or None. Values are unique.
Wing and Gong's search with the sets of what is done remembered; histories have about a dozen operations.
"""

APPLIED, REFUSED, ABSENT, UNKNOWN = "applied", "refused", "absent", "unknown"


def step(state, kind, argument, outcome):
    """The states that the operation may leave when it happens in `state` with that outcome; none when it cannot."""
    if kind == "get":
        return [state] if outcome == state else []
    if outcome == UNKNOWN:
        after = None if kind == "delete" else argument[-1]
        return [state, after] if possible(state, kind, argument) else [state]
    if outcome == APPLIED:
        if not possible(state, kind, argument):
            return []
        return [None if kind == "delete" else argument[-1]]
    if kind == "create":
        return [state] if state is not None else []
    if kind == "replace":
        refused_rightly = state is None if outcome == ABSENT else state not in (None, argument[0])
        return [state] if refused_rightly else []
    return [state]  # an upload that somebody else has completed or aborted


def possible(state, kind, argument):
    if kind == "create":
        return state is None
    if kind == "replace":
        return state == argument[0]
    return True


def linearisable(history, start=None):
    """Whether there is an order. `history`: operations in any order."""
    everything = (1 << len(history)) - 1
    seen = set()
    pending = [(0, start)]
    while pending:
        done, state = pending.pop()
        if done == everything:
            return True
        if (done, state) in seen:
            continue
        seen.add((done, state))
        left = [index for index in range(len(history)) if not done >> index & 1]
        # Whatever begins after another one has ended comes behind it.
        earliest_end = min(history[index][1] for index in left)
        for index in left:
            begin, _, kind, argument, outcome = history[index]
            if begin <= earliest_end:
                pending += [(done | 1 << index, after) for after in step(state, kind, argument, outcome)]
    return False
