package io.pgplex.testkit;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * A real Patroni on this machine: some members with a PostgreSQL 15 each, led by way of an etcd that somebody else started.
 * Its times are as short as Patroni 3.0 allows (ttl 5 s, loop_wait 1 s, retry_timeout 2 s).
 *
 * <p>Members are named m1, m2, ...
 */
public final class PatroniCluster implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private final String scope;
    private final EtcdServer etcd;
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<PatroniNode> nodes = new CopyOnWriteArrayList<>();

    private PatroniCluster(String scope, EtcdServer etcd) {
        this.scope = scope;
        this.etcd = etcd;
    }

    /** Skips the test that calls it, saying why, where no Patroni can be had. */
    public static void assumeAvailable() {
        try {
            PatroniPrograms ignored = PatroniPrograms.get();
        } catch (PatroniUnavailableException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    /**
     * Starts the members and waits until one leads and the others follow it.
     *
     * @throws PatroniUnavailableException when no Patroni can be had
     * @throws ServerException when something does not start; nothing is left running then
     */
    public static PatroniCluster start(String scope, int members, EtcdServer etcd) {
        PatroniCluster cluster = new PatroniCluster(scope, etcd);
        try {
            for (int i = 1; i <= members; i++) {
                cluster.add();
                // the first one makes the database, which the others copy
                cluster.awaitMembers();
            }
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Starts one more member, and does not wait for it. */
    public PatroniNode add() {
        PatroniNode node = new PatroniNode("m" + (nodes.size() + 1), client);
        nodes.add(node);
        node.configure(scope, etcd.port(), PatroniPrograms.get().postgres());
        node.startPatroni();
        return node;
    }

    /** Patroni's scope, whose keys begin with {@code /service/<scope>/}. */
    public String scope() {
        return scope;
    }

    public List<PatroniNode> nodes() {
        return nodes;
    }

    /** The member of that name. */
    public PatroniNode node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no member " + name));
    }

    /** Waits until one member leads and all others whose Patroni runs follow. */
    public void awaitMembers() {
        Waiting.until(
                this::isComplete,
                START_LIMIT,
                () -> "Patroni's members did not get ready\n"
                        + nodes.stream().map(PatroniNode::endOfLog).collect(Collectors.joining("\n")));
    }

    private boolean isComplete() {
        List<PatroniNode> running =
                nodes.stream().filter(PatroniNode::isPatroniRunning).toList();
        PatroniNode leader = leaderOf(running);
        return leader != null && running.stream().allMatch(node -> node.equals(leader) || node.isReplica());
    }

    /** The member that leads now; an error when none does. */
    public PatroniNode leader() {
        PatroniNode leader = leaderOf(nodes);
        if (leader == null) {
            throw new ServerException("Patroni scope " + scope + " has no leader");
        }
        return leader;
    }

    private static @Nullable PatroniNode leaderOf(List<PatroniNode> nodes) {
        return nodes.stream().filter(PatroniNode::isLeader).findFirst().orElse(null);
    }

    /** The members that follow now. */
    public List<PatroniNode> replicas() {
        return nodes.stream().filter(PatroniNode::isReplica).toList();
    }

    /** Waits until another member than this one leads. */
    public PatroniNode awaitLeaderOtherThan(PatroniNode old) {
        List<PatroniNode> others = new ArrayList<>(nodes);
        others.remove(old);
        Waiting.until(() -> leaderOf(others) != null, START_LIMIT, () -> "nobody took over from " + old);
        return leader();
    }

    /** Makes a replica the leader through Patroni's REST API, and returns when it is. */
    public void switchover(PatroniNode to) {
        leader().switchover(to.name());
        awaitLeader(to);
    }

    private void awaitLeader(PatroniNode node) {
        Waiting.until(node::isLeader, START_LIMIT, () -> node + " did not become the leader");
    }

    /** Puts Patroni into its maintenance mode, in which nothing is promoted or restarted. */
    public void pause() {
        leader().setPaused(true);
    }

    /** Ends the maintenance mode. */
    public void resume() {
        leader().setPaused(false);
    }

    /** Ends all members, however they are, and removes what they stored. */
    @Override
    public void close() {
        nodes.parallelStream().forEach(PatroniNode::close);
    }
}
