"""How a torture store is configured: directories, copies, versions, compaction, checkpoints; one draw for each store.

Half of the stores are plain ones. The others differ by what an operator may set, with values that make small stores do
what large ones do in weeks.
"""
import collections

PLAIN_SHARE = 0.4
Variation = collections.namedtuple("Variation", "directories copies versions compaction checkpoint_seconds")
PLAIN = Variation(directories=1, copies=1, versions=False, compaction=None, checkpoint_seconds=300)


def draw(chance):
    if chance.random() < PLAIN_SHARE:
        return PLAIN
    directories = chance.choice([1, 2, 2, 3])
    return Variation(directories=directories, copies=2 if directories > 1 and chance.random() < 0.7 else 1,
                     versions=chance.random() < 0.6, compaction=chance.choice([None, "hard", "hard"]),
                     checkpoint_seconds=chance.choice([1, 2, 300]))


def segment_options(folders, copies):
    options = [word for folder in folders for word in ("--segments", str(folder))]
    return [*options, "--copies", str(copies)] if copies > 1 else options


def other_options(variation):
    options = ["--checkpoint-interval", str(variation.checkpoint_seconds)]
    if variation.compaction == "hard":
        options += ["--compaction-threshold", "10", "--compaction-rate", "0"]
    return options


def describe(variation):
    return ", ".join(f"{name} {value}" for name, value in variation._asdict().items() if value != getattr(PLAIN, name)) or "plain"
