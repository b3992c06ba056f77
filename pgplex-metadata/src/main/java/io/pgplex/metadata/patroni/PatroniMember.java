package io.pgplex.metadata.patroni;

import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a member says of itself. Immutable.
 *
 * @param name its name, unique in its scope
 * @param host a host name or address
 * @param port a TCP port
 * @param role {@code master} up to Patroni 3, {@code primary} from 4 on, {@code replica}, {@code standby_leader}, ...
 * @param state {@code running}, {@code starting}, {@code stopped}, {@code creating replica}, ...
 * @param timeline the timeline it is on, or 0 where it says none
 * @param readable whether it may be used for reads; its tag {@code noloadbalance} says that it may not
 * @param zone where it stands, by its tag {@code zone}, or null
 */
public record PatroniMember(
        String name,
        String host,
        int port,
        String role,
        String state,
        long timeline,
        boolean readable,
        @Nullable String zone) {

    /** {@code streaming} is what Patroni's own tools show for a running replica. */
    private static final Set<String> RUNNING = Set.of("running", "streaming");

    private static final Set<String> PRIMARY = Set.of("master", "primary");
    private static final Set<String> REPLICA = Set.of("replica", "sync_standby", "quorum_standby");

    public PatroniMember {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        role = role.toLowerCase(Locale.ROOT);
        state = state.toLowerCase(Locale.ROOT);
    }

    /** Whether it takes writes, by its own word. */
    boolean isPrimary() {
        return PRIMARY.contains(role);
    }

    /** Whether it leads a cluster that as a whole follows another one, and so takes no writes. */
    boolean isStandbyLeader() {
        return role.equals("standby_leader");
    }

    /** Whether it follows the leader, and answers. */
    boolean isRunningReplica() {
        return REPLICA.contains(role) && RUNNING.contains(state);
    }
}
