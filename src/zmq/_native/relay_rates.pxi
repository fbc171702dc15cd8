# What a relay counts beside messages: how fast they went lately.
# The loop writes, without the GIL; other threads read, without a lock.

cdef inline RateSample *last_sample(Meter *meter) noexcept nogil:
    return &meter.samples[(meter.n_samples - 1) & (SAMPLES - 1)]


cdef void take_sample(RelayLoop *loop) noexcept nogil:
    """Note what has been counted by now. Before anything moves: an idle time ends with a sample."""
    cdef RateSample *sample = &loop.meter.samples[loop.meter.n_samples & (SAMPLES - 1)]
    cdef int64_t counts[4]
    cdef int j
    count(loop, counts)
    ohmq_store_long(&sample.at, loop.now)
    for j in range(4):
        ohmq_store_long(&sample.counts[j], counts[j])
    ohmq_store_int(&loop.meter.n_samples, loop.meter.n_samples + 1)


cdef inline void count(RelayLoop *loop, int64_t *counts) noexcept nogil:
    cdef int i
    for i in range(2):
        counts[2 * i] = ohmq_load_long(&loop.traffic.directions[i].messages)
        counts[2 * i + 1] = ohmq_load_long(&loop.traffic.directions[i].bytes)


cdef inline int64_t sample_at(Meter *meter, int i) noexcept nogil:
    return ohmq_load_long(&meter.samples[i & (SAMPLES - 1)].at)


cdef void rates(RelayLoop *loop, int64_t now, double *per_s) noexcept nogil:
    """Messages and bytes that went in each direction in about the last second, per second."""
    cdef int newest = ohmq_load_int(&loop.meter.n_samples) - 1
    cdef int i = newest
    cdef int64_t since = now - 1000000000
    cdef int64_t counts[4]
    cdef RateSample *base
    cdef int64_t base_at
    cdef int j
    for j in range(4):
        per_s[j] = 0.0
    if (newest < 0 or ohmq_load_long(&loop.meter.last_move) < since
            or ohmq_load_long(&loop.meter.ended)):
        return
    # The loop overwrites a sample only after more than a second; and the oldest few are not read.
    while i > 0 and newest - i < SAMPLES - 4 and sample_at(&loop.meter, i) > since:
        i -= 1
    base_at = sample_at(&loop.meter, i)
    if i < newest and sample_at(&loop.meter, i + 1) - base_at > 2 * SAMPLE_NS:
        # Nothing moved between the two but at the very beginning.
        i += 1
        base_at = min(sample_at(&loop.meter, i), max(since, ohmq_load_long(&loop.meter.begun)))
    base = &loop.meter.samples[i & (SAMPLES - 1)]
    count(loop, counts)
    for j in range(4):
        per_s[j] = ((counts[j] - ohmq_load_long(&base.counts[j])) * 1e9
                    / max(now - base_at, SAMPLE_NS))
