package io.pgplex.metadata.patroni;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Puts what Patroni says in the place of what a cluster's own keys hold of its Patroni shards. Pure.
 *
 * <p>The nodes are named {@code <shard>/<member>}; no JOIN gives a name with a slash. Their oids are 2^31 and more, while
 * JOIN counts from 1: a checksum of the name, so that all clients give a node the same number without asking each other,
 * and the next free number where two names have one checksum.
 */
public final class PatroniOverlay {

    private static final long FIRST_OID = 1L << 31;

    /** Oids have 32 bits. */
    private static final long MASK = FIRST_OID - 1;

    private PatroniOverlay() {}

    /** The name of a member's node. */
    public static String nodeName(String shard, String member) {
        return shard + "/" + member;
    }

    /**
     * The map as clients use it.
     *
     * @param stored the map as the cluster's own keys have it
     * @param states what is known of its Patroni shards, by shard; one that is missing, or has no leader yet, stays as it
     *     is stored
     */
    public static ClusterMap apply(ClusterMap stored, Map<String, PatroniState> states) {
        List<Shard> shards = new ArrayList<>();
        Map<String, Node> nodes = new HashMap<>(stored.nodes());
        Map<String, Node> members = new TreeMap<>(); // by name, in which order equal checksums are told apart
        for (Shard shard : stored.shards()) {
            PatroniState state = shard.patroni() == null ? null : states.get(shard.name());
            PatroniMember leader = state == null ? null : state.leader();
            if (state == null || leader == null) {
                shards.add(shard);
                continue;
            }
            Node declared = stored.primary(shard);
            shard.members().forEach(nodes::remove);
            Node primary = node(shard, leader, declared);
            members.put(primary.name(), primary);
            List<String> standbys = new ArrayList<>();
            for (PatroniMember replica : state.replicas()) {
                Node standby = node(shard, replica, declared);
                members.put(standby.name(), standby);
                standbys.add(standby.name());
            }
            shards.add(shard.ofMembers(primary.name(), standbys));
        }
        Set<Long> taken = new HashSet<>();
        for (Node node : members.values()) {
            long oid = node.oid();
            while (!taken.add(oid)) {
                oid = FIRST_OID | ((oid + 1) & MASK);
            }
            nodes.put(
                    node.name(),
                    new Node(oid, node.name(), node.host(), node.port(), node.database(), node.zone(), node.weight()));
        }
        return stored.withNodes(shards, nodes);
    }

    private static Node node(Shard shard, PatroniMember member, Node declared) {
        String name = nodeName(shard.name(), member.name());
        CRC32 checksum = new CRC32();
        checksum.update(name.getBytes(StandardCharsets.UTF_8));
        return new Node(
                FIRST_OID | (checksum.getValue() & MASK),
                name,
                member.host(),
                member.port(),
                declared.database(),
                member.zone() == null ? declared.zone() : member.zone(),
                member.readable() ? Node.DEFAULT_WEIGHT : 0);
    }
}
