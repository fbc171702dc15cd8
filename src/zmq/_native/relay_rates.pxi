# What a relay counts beside messages: how fast they went lately.
# The loop writes, without the GIL; other threads read, without a lock.

cdef inline RateSample *last_sample(Meter *meter) noexcept nogil:
    return &meter.samples[(meter.n_samples - 1) & (SAMPLES - 1)]


cdef void take_sample(RelayLoop *loop) noexcept nogil:
    """Note what has been counted by now. Before anything moves: an idle time ends with a sample."""
    cdef RateSample *sample = &loop.meter.samples[loop.meter.n_samples & (SAMPLES - 1)]
    sample.at = loop.now
    count(loop, sample.counts)
    ohmq_store_int(&loop.meter.n_samples, loop.meter.n_samples + 1)


cdef inline void count(RelayLoop *loop, int64_t *counts) noexcept nogil:
    counts[0], counts[1] = loop.traffic.directions[0].messages, loop.traffic.directions[0].bytes
    counts[2], counts[3] = loop.traffic.directions[1].messages, loop.traffic.directions[1].bytes


cdef void rates(RelayLoop *loop, int64_t now, double *per_s) noexcept nogil:
    """Messages and bytes that went in each direction in about the last second, per second."""
    cdef int newest = ohmq_load_int(&loop.meter.n_samples) - 1
    cdef int i = newest
    cdef int64_t since = now - 1000000000
    cdef int64_t counts[4]
    cdef RateSample base
    cdef int j
    for j in range(4):
        per_s[j] = 0.0
    if newest < 0 or loop.meter.last_move < since or loop.meter.ended:
        return
    # The loop overwrites a sample only after more than a second; and the oldest few are not read.
    while i > 0 and newest - i < SAMPLES - 4 and loop.meter.samples[i & (SAMPLES - 1)].at > since:
        i -= 1
    base = loop.meter.samples[i & (SAMPLES - 1)]
    if i < newest and loop.meter.samples[(i + 1) & (SAMPLES - 1)].at - base.at > 2 * SAMPLE_NS:
        # Nothing moved between the two but at the very beginning.
        base = loop.meter.samples[(i + 1) & (SAMPLES - 1)]
        base.at = min(base.at, max(since, loop.meter.begun))
    count(loop, counts)
    for j in range(4):
        per_s[j] = (counts[j] - base.counts[j]) * 1e9 / max(now - base.at, SAMPLE_NS)
