# CURVE keys (RFC 26), in Z85 (RFC 32): 40 bytes of text each.


def curve_keypair() -> tuple[bytes, bytes]:
    """New (public, secret) pair of CURVE keys, 40 bytes each (zmq_curve_keypair(3)).

    Raises
    ------
    ZMQError
        ENOTSUP where libzmq was built without CURVE.
    """
    cdef char public[41]
    cdef char secret[41]
    check(zmq_curve_keypair(public, secret))
    return public[:40], secret[:40]


def curve_public(secret_key) -> bytes:
    """Public key that belongs to a secret key of 40 bytes (zmq_curve_public(3)).

    Raises
    ------
    ValueError
        The secret key is not 40 characters of Z85.
    ZMQError
        ENOTSUP where libzmq was built without CURVE.
    """
    cdef char public[41]
    cdef bytes secret
    key = secret_key.encode("utf-8") if isinstance(secret_key, str) else secret_key
    if len(key) != 40:
        raise ValueError(f"a CURVE secret key has 40 characters of Z85, this one has {len(key)}")
    secret = bytes(memoryview(key))
    check(zmq_curve_public(public, secret))
    return public[:40]
