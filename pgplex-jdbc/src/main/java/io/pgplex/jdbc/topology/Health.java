package io.pgplex.jdbc.topology;

/** How a node answers, as far as this client knows. */
public enum Health {
    /** Nobody has asked it yet. */
    UNKNOWN,
    /** It answered when it was last asked. */
    UP,
    /** It failed a session or one probe: the next probe says more. */
    SUSPECT,
    /** It does not answer, and did not for long enough to count as gone. */
    DOWN
}
