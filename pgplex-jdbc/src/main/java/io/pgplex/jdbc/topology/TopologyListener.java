package io.pgplex.jdbc.topology;

/** What wants to know of each new topology. */
@FunctionalInterface
public interface TopologyListener {

    /** A new topology is current. Called in order, by one thread at a time, which must not be blocked for long. */
    void changed(Topology before, Topology after);
}
