package io.pgplex.testkit;

import java.nio.ByteBuffer;

/** Decides how much of what has arrived at one end of a relayed connection may go on to the other. */
@FunctionalInterface
interface Gate {

    /** Lets everything through. */
    Gate OPEN = (arrived, offset, ended) -> arrived.remaining();

    /**
     * How many of the first bytes may pass now.
     *
     * @param arrived all bytes that have not passed yet; neither its content nor its position is changed
     * @param approved how many of them were let through by an earlier call already, and only wait for the other end
     * @param ended whether no more bytes will arrive
     * @return at least {@code approved}
     */
    int passable(ByteBuffer arrived, int approved, boolean ended);
}
