"""How the twins are timed: a bounded number of steps in bounded time."""
import json
import resource
import statistics
import time

WARMUP = 3
FEWEST = 3


def measure(step, steps, seconds):
    """Returns milliseconds of single steps, without the first three where there are enough."""
    times = []
    begin = time.perf_counter()
    while len(times) < WARMUP + steps:
        if len(times) > FEWEST and time.perf_counter() - begin > seconds:
            break
        before = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - before))
    return times[min(WARMUP, len(times) - FEWEST) :]


def summary(times):
    """The median, and the 5th and 95th percentile, or extremes of fewer than 20, as ours."""
    ordered = sorted(times)
    cut = len(times) // 20
    return {"ms": statistics.median(times), "low": ordered[cut], "high": ordered[-1 - cut]}


def report(times):
    """Prints one line of JSON, with the peak of the process' memory in kB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**summary(times), "steps": len(times), "peak_kb": peak}))
