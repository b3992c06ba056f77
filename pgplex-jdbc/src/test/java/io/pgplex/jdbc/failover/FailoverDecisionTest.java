package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeReport;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.ShardState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.metadata.cache.Clients.Poll;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap.Failover;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailoverDecisionTest {

    private static final Shard SHARD = new Shard("s1", 0, "a", List.of("b", "c"), 5, List.of(new BucketRange(0, 0)));
    private static final Poll ALL = new Poll(3, 3);
    private static final ShardReplication ANY_ONE = new ShardReplication("a", 1, List.of("b", "c"), 1, false);

    private final Map<String, NodeState> nodes = new HashMap<>();
    private Failover mode = Failover.SAFE;
    private @Nullable Poll poll = ALL;
    private @Nullable ShardReplication replication = ANY_ONE;
    private Set<String> retired = Set.of();

    FailoverDecisionTest() {
        primary("a", 3);
        standby("b");
        standby("c");
    }

    private void primary(String node, int timeline) {
        put(node, Health.UP, report(false, timeline, 5, false));
    }

    private void standby(String node) {
        put(node, Health.UP, report(true, 3, 5, false));
    }

    private void down(String node) {
        put(node, Health.DOWN, nodes.get(node).report());
    }

    private static NodeReport report(boolean standby, int timeline, long epoch, boolean fenced) {
        return new NodeReport(standby, timeline, 100, 100, 0, epoch, fenced, 1, 100);
    }

    private void put(String node, Health health, @Nullable NodeReport report) {
        nodes.put(node, new NodeState(new Node(1, node, node, 5432, "d"), health, 1, report, 1, 0, false, null));
    }

    private FailoverDecision decide() {
        ShardState state = new ShardState("s1", "a", List.of("b", "c"), 5, 3);
        return FailoverDecision.decide(
                SHARD, new Topology(1, Map.of("s1", state), nodes), mode, poll, replication, retired);
    }

    @Test
    void doesNothingWhileThePrimaryIsWell() {
        assertThat(decide()).isEqualTo(new FailoverDecision.Nothing());
    }

    @Test
    void promotesWhenThePrimaryIsGone() {
        down("a");

        assertThat(decide()).isEqualTo(new FailoverDecision.Promote(Set.of("b", "c")));
    }

    @Test
    void waitsForMostClients() {
        down("a");
        poll = new Poll(4, 2);

        assertThat(decide()).isEqualTo(new FailoverDecision.Nothing());
        poll = new Poll(4, 3);
        assertThat(decide()).isInstanceOf(FailoverDecision.Promote.class);
    }

    @Test
    void waitsWhileThePrimaryIsOnlySuspect() {
        put("a", Health.SUSPECT, report(false, 3, 5, false));

        assertThat(decide()).isEqualTo(new FailoverDecision.Nothing());
    }

    @Test
    void doesNothingBeforeThePrimaryWasLookedAt() {
        put("a", Health.UNKNOWN, null);

        assertThat(decide()).isEqualTo(new FailoverDecision.Nothing());
    }

    @Test
    void refusesWhenOff() {
        down("a");
        mode = Failover.OFF;

        assertThat(decide()).isEqualTo(new FailoverDecision.Refused("failover is off"));
    }

    @Test
    void refusesWithoutSynchronousReplication() {
        down("a");
        replication = ShardReplication.none("a", 0, false);
        assertThat(decide()).asString().contains("did not wait for a standby");

        replication = null;
        assertThat(decide()).asString().contains("nothing is known");

        replication = new ShardReplication("z", 1, List.of("b", "c"), 1, false);
        assertThat(decide()).asString().contains("nothing is known");

        mode = Failover.LOSSY;
        assertThat(decide()).isInstanceOf(FailoverDecision.Promote.class);
    }

    @Test
    void refusesWhenTheLastCommitsMayBeOnAStandbyThatIsGoneToo() {
        down("a");
        down("c");
        assertThat(decide()).asString().contains("only on c");

        replication = new ShardReplication("a", 2, List.of("b", "c"), 2, false);
        assertThat(decide()).isEqualTo(new FailoverDecision.Promote(Set.of("b")));
    }

    @Test
    void refusesWithoutAStandby() {
        down("a");
        down("b");
        down("c");

        assertThat(decide()).isEqualTo(new FailoverDecision.Refused("no standby answers"));
    }

    @Test
    void finishesWhatWasPromotedAlready() {
        down("a");
        primary("c", 4);

        assertThat(decide()).isEqualTo(new FailoverDecision.Finish("c"));
    }

    @Test
    void finishesWhereTheOldPrimaryTakesNobody() {
        put("a", Health.UP, report(false, 3, 6, true));
        primary("c", 4);

        assertThat(decide()).isEqualTo(new FailoverDecision.Finish("c"));
    }

    @Test
    void doesNotFollowAnotherPrimaryWhileItsOwnIsWell() {
        primary("c", 4);

        assertThat(decide()).isEqualTo(new FailoverDecision.Fence(List.of("c")));
        retired = Set.of("c");
        assertThat(decide()).isEqualTo(new FailoverDecision.Nothing());
    }

    @Test
    void neverPromotesOrFinishesAnOldPrimary() {
        down("a");
        primary("c", 3);
        replication = new ShardReplication("a", 1, List.of("b"), 1, false);
        assertThat(decide()).isEqualTo(new FailoverDecision.Promote(Set.of("b")));

        primary("c", 4);
        retired = Set.of("c");
        assertThat(decide()).isEqualTo(new FailoverDecision.Promote(Set.of("b")));
    }

    @Test
    void fencesAnOldPrimaryThatComesBack() {
        primary("c", 2);

        assertThat(decide()).isEqualTo(new FailoverDecision.Fence(List.of("c")));
    }

    @Test
    void readmitsAPrimaryThatWasLeftFencedOrAtAnEpochThatNobodyKnows() {
        put("a", Health.UP, report(false, 3, 6, true));
        assertThat(decide()).isEqualTo(new FailoverDecision.Readmit());

        put("a", Health.UP, report(false, 3, 6, false));
        assertThat(decide()).isEqualTo(new FailoverDecision.Readmit());
    }

    @Test
    void choosesTheHighestTimelineAndThenTheMostWal() {
        assertThat(LeaderChange.mostAdvanced(List.of(state(1, 900), state(2, 100), state(2, 200), state(2, 200))))
                .isEqualTo(2);
    }

    private static NodeControl.State state(int timeline, long received) {
        return new NodeControl.State(true, received, timeline, 5, false, false);
    }

    /** Whatever n of the standbys have confirmed a commit, one of them is among those that can be reached. */
    @Test
    void safeMeansThatEveryCommitIsOnSomeReachableStandby() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            int size = 1 + random.nextInt(5);
            int count = random.nextInt(size + 1);
            List<String> standbys = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                standbys.add("n" + i);
            }
            int reachable = random.nextInt(1 << size);
            boolean everyChoiceIsCovered = count > 0;
            for (int confirmed = 0; confirmed < 1 << size; confirmed++) {
                everyChoiceIsCovered &= Integer.bitCount(confirmed) != count || (confirmed & reachable) != 0;
            }
            Set<String> names = new HashSet<>();
            for (int i = 0; i < size; i++) {
                if ((reachable & 1 << i) != 0) {
                    names.add("n" + i);
                }
            }
            assertThat(new ShardReplication("a", count, standbys, count, false).isSafe(names))
                    .as("%d of %s, reachable %s", count, standbys, names)
                    .isEqualTo(everyChoiceIsCovered);
        }
    }
}
