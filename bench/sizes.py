"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Amounts of one run; every loop of the measurements is bounded by one of them."""

    rounds: int = 3
    mutations: int = 200
    """Writes of one pass of commit to frame."""
    cards: int = 100
    """Open cards of the larger pass."""
    requests: int = 200
    """Card queries of one pass."""
    writing_seconds: float = 2.0
    """How long writers of one pass write."""
    attack_seconds: float = 8.0
    """How long each attack goes on, while others ask."""
    idle_cards: int = 500
    steps: tuple[int, ...] = (1_000, 2_000, 4_000)
    """Changes of a lead, and leads, each twice the one before."""
    import_rows: int = 100_000
    listed_leads: int = 100_000
    """Leads among which one moves along the pipeline."""
    collected: int = 1_000_000
    """Leads among which filters find some and pages are turned, on PostgreSQL."""
    collected_small: int = 100_000
    """The same on SQLite."""
    events_each: int = 20
    writers: int = 50
    """Who move leads at once, each its own."""
    moving_seconds: float = 8.0
    runs: int = 2_000
    """Runs of a rule that one worker finds waiting."""
    watchers: int = 1_000
    """Who watch lists at once."""
    watched_seconds: float = 20.0
    killed_runs: int = 5_000
    kills: int = 50
    repeats: int = 20
    """Requests whose median is the time at one step."""


FULL = Size()
QUICK = Size(
    rounds=1,
    mutations=20,
    cards=10,
    requests=24,
    writing_seconds=0.3,
    attack_seconds=1.5,
    idle_cards=20,
    steps=(50, 100, 200),
    import_rows=500,
    listed_leads=500,
    collected=2_000,
    collected_small=1_000,
    writers=10,
    moving_seconds=1.5,
    runs=100,
    watchers=60,
    watched_seconds=3.0,
    killed_runs=200,
    kills=5,
    repeats=5,
)
