# The cache of a relay: the last message of each topic, for subscribers that come later.
#
# The source of in_to_out subscribes to all that is to be cached. Each message of two parts or more
# that goes out is kept under its first part, the topic, in place of the last one of that topic. The
# out socket is an XPUB with XPUB_MANUAL: what a subscriber asks for comes to out_to_in, and goes no
# further. It is added to the connection that it has come from, and what is cached of it is sent.
#
# XPUB_MANUAL_LAST_VALUE has libzmq send the next message, and only that, to the connection of the
# last subscription. It is on for just that message: where none is sent, a message for all would be
# the next. So the first message of a subscription goes to the new subscriber alone; where it
# matches more topics, the others go to all that have asked for them. (The first one, too, if the
# new subscriber has gone by then: libzmq does not tell.)
#
# Bounds are a number of messages and the bytes of their parts: the topics whose last message is the
# oldest have to go. Entries are in a hash table, and in a list by the age of their message.

cdef enum:
    # A draft option in name: every libzmq from 4.3 on has it.
    XPUB_MANUAL_LAST_VALUE = 98
    FEWEST_BUCKETS = 64
    MOST_BUCKETS = 1 << 24
    # A part up to this size is copied: libzmq holds it in a batch of 8 KiB, which would stay, too.
    BATCHED = 16384


cdef inline bint is_cached(RelayLoop *loop, Direction *direction) noexcept nogil:
    return loop.cache.most_entries and direction == &loop.traffic.directions[0]


cdef inline bint is_asked(RelayLoop *loop, Direction *direction) noexcept nogil:
    return loop.cache.most_entries and direction == &loop.traffic.directions[1]


# ---- entries ------------------------------------------------------------------------------------

cdef CacheEntry *take_entry(ValueCache *cache) noexcept nogil:
    """An entry without parts; NULL where memory is short."""
    cdef CacheEntry *entry = cache.spare
    if entry != NULL:
        cache.spare = NULL
        return entry
    entry = <CacheEntry *> malloc(sizeof(CacheEntry))
    if entry != NULL:
        memset(entry, 0, sizeof(CacheEntry))
    return entry


cdef void let_go(ValueCache *cache, CacheEntry *entry) noexcept nogil:
    """Give up an entry that is in no list. One is kept, as the next message mostly needs one."""
    cdef int i
    for i in range(entry.n_parts):
        zmq_msg_close(&entry.parts[i])
    if cache.spare != NULL or entry.room > 2:
        free(entry.parts)
        free(entry)
        return
    entry.n_parts, entry.bytes, entry.incomplete = 0, 0, False
    cache.spare = entry


cdef inline CacheEntry **bucket_of(CacheEntry **buckets, uint32_t n, uint64_t hash) noexcept nogil:
    return &buckets[<uint32_t> (hash * 11400714819323198485ULL >> 32) & (n - 1)]


cdef CacheEntry **place_in_bucket(ValueCache *cache, CacheEntry *wanted) noexcept nogil:
    """Where the pointer to the entry of a topic is, or would be."""
    cdef CacheEntry **place = bucket_of(cache.buckets, cache.n_buckets, wanted.hash)
    cdef size_t size = zmq_msg_size(&wanted.parts[0])
    while place[0] != NULL:
        if (place[0].hash == wanted.hash and zmq_msg_size(&place[0].parts[0]) == size
                and memcmp(zmq_msg_data(&place[0].parts[0]),
                           zmq_msg_data(&wanted.parts[0]), size) == 0):
            break
        place = &place[0].next_in_bucket
    return place


cdef void remove_entry(ValueCache *cache, CacheEntry **place) noexcept nogil:
    cdef CacheEntry *entry = place[0]
    place[0] = entry.next_in_bucket
    if entry.older != NULL:
        entry.older.newer = entry.newer
    else:
        cache.oldest = entry.newer
    if entry.newer != NULL:
        entry.newer.older = entry.older
    else:
        cache.newest = entry.older
    ohmq_add_long(&cache.entries, -1)
    ohmq_add_long(&cache.bytes, -entry.bytes)
    let_go(cache, entry)


cdef void grow_buckets(ValueCache *cache) noexcept nogil:
    """Make the table larger; where memory is short the lists of its buckets grow."""
    cdef uint32_t n = cache.n_buckets * 2 if cache.n_buckets else FEWEST_BUCKETS
    cdef CacheEntry **buckets
    cdef CacheEntry **place
    cdef CacheEntry *entry = cache.oldest
    if n > MOST_BUCKETS:
        return
    buckets = <CacheEntry **> malloc(n * sizeof(CacheEntry *))
    if buckets == NULL:
        return
    memset(buckets, 0, n * sizeof(CacheEntry *))
    while entry != NULL:
        place = bucket_of(buckets, n, entry.hash)
        entry.next_in_bucket, place[0] = place[0], entry
        entry = entry.newer
    free(cache.buckets)
    cache.buckets = buckets
    cache.n_buckets = n


cdef void clear_cache(ValueCache *cache) noexcept nogil:
    drop_unfinished(cache)
    while cache.oldest != NULL:
        remove_entry(cache, place_in_bucket(cache, cache.oldest))
    if cache.spare != NULL:
        free(cache.spare.parts)
        free(cache.spare)
        cache.spare = NULL
    free(cache.buckets)
    cache.buckets = NULL
    cache.n_buckets = 0


# ---- what goes out ------------------------------------------------------------------------------

cdef void keep_part(RelayLoop *loop, zmq_msg_t *part, bint first, bint last) noexcept nogil:
    """Keep a part that is about to go out; with the last one the message is the cached one."""
    cdef ValueCache *cache = &loop.cache
    cdef CacheEntry *entry
    if first:
        drop_unfinished(cache)
        if last:
            return  # one part is a topic without a value
        entry = take_entry(cache)
        if entry == NULL:
            ohmq_add_long(&cache.evicted, 1)
            return
        cache.unfinished = entry
    entry = cache.unfinished
    if entry == NULL:
        return
    if not append_part(cache, entry, part):
        if entry.n_parts == 0:
            drop_unfinished(cache)
            ohmq_add_long(&cache.evicted, 1)
            return
        entry.incomplete = True
    if last:
        cache.unfinished = NULL
        finish_entry(cache, entry)


cdef bint append_part(ValueCache *cache, CacheEntry *entry, zmq_msg_t *part) noexcept nogil:
    """False where memory is short, or the message is more than the whole cache may hold."""
    cdef size_t size = zmq_msg_size(part)
    cdef zmq_msg_t *parts
    cdef int room
    if entry.incomplete or entry.n_parts and entry.bytes + <int64_t> size > cache.most_bytes:
        return False
    if entry.n_parts == entry.room:
        room = entry.room * 2 if entry.room else 2
        parts = <zmq_msg_t *> realloc(entry.parts, room * sizeof(zmq_msg_t))
        if parts == NULL:
            return False
        entry.parts, entry.room = parts, room
    if not copy_part(&entry.parts[entry.n_parts], part, size):
        return False
    entry.n_parts += 1
    entry.bytes += size
    return True


cdef inline bint copy_part(zmq_msg_t *target, zmq_msg_t *part, size_t size) noexcept nogil:
    if size > BATCHED:
        zmq_msg_init(target)
        return zmq_msg_copy(target, part) == 0
    if zmq_msg_init_size(target, size) < 0:
        return False
    memcpy(zmq_msg_data(target), zmq_msg_data(part), size)
    return True


cdef void drop_unfinished(ValueCache *cache) noexcept nogil:
    if cache.unfinished != NULL:
        let_go(cache, cache.unfinished)
        cache.unfinished = NULL


cdef void finish_entry(ValueCache *cache, CacheEntry *entry) noexcept nogil:
    """Put a whole message in the place of the last one of its topic; the oldest make room."""
    cdef CacheEntry **place
    if cache.entries >= cache.n_buckets:
        grow_buckets(cache)
    entry.hash = hash_of(zmq_msg_data(&entry.parts[0]), zmq_msg_size(&entry.parts[0]))
    if cache.n_buckets:
        place = place_in_bucket(cache, entry)
        if place[0] != NULL:
            remove_entry(cache, place)
    if entry.incomplete or entry.bytes > cache.most_bytes or cache.n_buckets == 0:
        let_go(cache, entry)  # a value that is older than this one would be wrong
        ohmq_add_long(&cache.evicted, 1)
        return
    while cache.entries and (cache.entries >= cache.most_entries
                             or cache.bytes + entry.bytes > cache.most_bytes):
        remove_entry(cache, place_in_bucket(cache, cache.oldest))
        ohmq_add_long(&cache.evicted, 1)
    place = bucket_of(cache.buckets, cache.n_buckets, entry.hash)
    entry.next_in_bucket, place[0] = place[0], entry
    entry.older, entry.newer = cache.newest, NULL
    if cache.newest != NULL:
        cache.newest.newer = entry
    else:
        cache.oldest = entry
    cache.newest = entry
    ohmq_add_long(&cache.entries, 1)
    ohmq_add_long(&cache.bytes, entry.bytes)


# ---- what subscribers ask for -------------------------------------------------------------------

cdef void serve_subscriber(RelayLoop *loop, Direction *direction, int *moved) noexcept nogil:
    """Do what a subscriber asks for: 1 and a topic subscribes, 0 and a topic unsubscribes.

    Other messages of subscribers, which only an XSUB can send, go nowhere.
    """
    cdef zmq_msg_t *asked = &direction.held[0]
    cdef unsigned char *data = <unsigned char *> zmq_msg_data(asked)
    cdef size_t size = zmq_msg_size(asked)
    cdef bint first = direction.target_state == BETWEEN_MESSAGES
    ohmq_add_long(&direction.bytes, size)
    ohmq_add_long(&direction.messages, not direction.rest_follows)
    if first and not direction.rest_follows and size and data[0] <= 1:
        zmq_setsockopt(direction.source, ZMQ_SUBSCRIBE if data[0] else ZMQ_UNSUBSCRIBE,
                       data + 1, size - 1)
        if data[0]:
            moved[0] += replay(loop, direction.source, data + 1, size - 1)
    direction.target_state = IN_MESSAGE if direction.rest_follows else BETWEEN_MESSAGES
    zmq_msg_close(asked)
    zmq_msg_init(asked)
    direction.n_held = 0


cdef int replay(RelayLoop *loop, void *out, const unsigned char *topic,
                size_t size) noexcept nogil:
    """Send what is cached of a topic, the oldest message first. How many messages."""
    cdef CacheEntry *entry = loop.cache.oldest
    cdef int sent = 0
    while entry != NULL:
        if (zmq_msg_size(&entry.parts[0]) >= size
                and memcmp(zmq_msg_data(&entry.parts[0]), topic, size) == 0):
            if sent == 0:
                to_new_one_alone(out, True)
            ohmq_add_long(&loop.cache.replayed, send_entry(out, entry))
            if sent == 0:
                to_new_one_alone(out, False)
            sent += 1
        entry = entry.newer
    return sent


cdef void to_new_one_alone(void *out, int on) noexcept nogil:
    """Whether the next message goes to the connection of the last subscription alone."""
    cdef int option = XPUB_MANUAL_LAST_VALUE
    cdef int manual = 1
    zmq_setsockopt(out, option, &on, sizeof(on))
    if not on:  # it has set both, and has unset both
        zmq_setsockopt(out, ZMQ_XPUB_MANUAL, &manual, sizeof(manual))


cdef bint send_entry(void *out, CacheEntry *entry) noexcept nogil:
    """Send a cached message. What a full subscriber cannot take is dropped, as of all messages."""
    cdef zmq_msg_t copy
    cdef int i
    for i in range(entry.n_parts):
        zmq_msg_init(&copy)
        zmq_msg_copy(&copy, &entry.parts[i])
        while zmq_msg_send(&copy, out, ZMQ_DONTWAIT
                           | (ZMQ_SNDMORE if i < entry.n_parts - 1 else 0)) < 0:
            if c_errno() != EINTR:
                zmq_msg_close(&copy)
                return False
    return True
