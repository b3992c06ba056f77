package io.pgplex.jdbc.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgplex.metadata.model.Node;
import io.pgplex.routing.hint.MaxLag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StandbyChoiceTest {

    private static final StandbyChoice.Wanted ANY = new StandbyChoice.Wanted(MaxLag.NONE, null, 0, null, Set.of());
    private static final ToIntFunction<Node> IDLE = node -> 0;

    private final Random random = new Random(7);
    private final Map<String, NodeState> nodes = new HashMap<>();
    private final List<String> standbys = new ArrayList<>();

    StandbyChoiceTest() {
        add("p", null, 1, new NodeReport(false, 3, 10_000, 10_000, 0, 1, false, 0, 100), Health.UP);
    }

    private void add(String name, @Nullable String zone, int weight, @Nullable NodeReport report, Health health) {
        Node node = new Node(nodes.size() + 1, name, "127.0.0.1", 5432, "d", zone, weight);
        nodes.put(name, new NodeState(node, health, 0, report, 1, 0, false, null));
        if (!name.equals("p") && !standbys.contains(name)) {
            standbys.add(name);
        }
    }

    private void standby(String name) {
        add(name, null, 1, report(10_000, 0), Health.UP);
    }

    private static NodeReport report(long position, long lagMillis) {
        return new NodeReport(true, 3, position, position, lagMillis, 1, false, 0, 100);
    }

    private Topology topology() {
        return new Topology(1, Map.of("s", new ShardState("s", "p", standbys, 1, 3)), nodes);
    }

    private @Nullable String choose(StandbyChoice.Wanted wanted, ToIntFunction<Node> inUse) {
        NodeState chosen = StandbyChoice.choose(topology(), "s", wanted, inUse, random);
        return chosen == null ? null : chosen.node().name();
    }

    private Map<String, Integer> counts(int rounds, StandbyChoice.Wanted wanted, ToIntFunction<Node> inUse) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < rounds; i++) {
            counts.merge(String.valueOf(choose(wanted, inUse)), 1, Integer::sum);
        }
        return counts;
    }

    private static StandbyChoice.Wanted wanted(UnaryOperator<Object[]> change) {
        Object[] parts = change.apply(new Object[] {MaxLag.NONE, null, 0L, null});
        return new StandbyChoice.Wanted(
                (MaxLag) parts[0], (String) parts[1], (Long) parts[2], (String) parts[3], Set.of());
    }

    private static StandbyChoice.Wanted lag(String maxLag) {
        return wanted(parts -> {
            parts[0] = MaxLag.parse(maxLag);
            return parts;
        });
    }

    private static StandbyChoice.Wanted zone(String zone) {
        return wanted(parts -> {
            parts[1] = zone;
            return parts;
        });
    }

    private static StandbyChoice.Wanted position(long position, @Nullable String kept) {
        return wanted(parts -> {
            parts[2] = position;
            parts[3] = kept;
            return parts;
        });
    }

    @Test
    void takesTheOnlyOne() {
        assertThat(choose(ANY, IDLE)).isNull();
        standby("a");
        assertThat(choose(ANY, IDLE)).isEqualTo("a");
        assertThat(StandbyChoice.choose(topology(), "none", ANY, IDLE, random)).isNull();
        assertThat(StandbyChoice.choose(Topology.EMPTY, "s", ANY, IDLE, random)).isNull();
    }

    @Test
    void doesNotTakeWhatDoesNotQualify() {
        add("unknown", null, 1, null, Health.UNKNOWN);
        add("suspect", null, 1, report(10_000, 0), Health.SUSPECT);
        add("down", null, 1, report(10_000, 0), Health.DOWN);
        add("unreported", null, 1, null, Health.UP);
        add("promoted", null, 1, new NodeReport(false, 4, 10_000, 10_000, 0, 1, false, 0, 100), Health.UP);
        add("fenced", null, 1, new NodeReport(true, 3, 10_000, 10_000, 0, 1, true, 0, 100), Health.UP);
        add("behindTheSwitch", null, 1, new NodeReport(true, 2, 10_000, 10_000, 0, 1, false, 0, 100), Health.UP);
        add("weightless", null, 0, report(10_000, 0), Health.UP);
        assertThat(choose(ANY, IDLE)).isNull();

        standby("good");
        assertThat(counts(100, ANY, IDLE)).containsOnlyKeys("good");
        assertThat(choose(new StandbyChoice.Wanted(MaxLag.NONE, null, 0, null, Set.of("good")), IDLE))
                .isNull();
    }

    @Test
    void limitsTheLag() {
        add("late", null, 1, report(9_000, 800), Health.UP);

        assertThat(choose(lag("800ms"), IDLE)).isEqualTo("late");
        assertThat(choose(lag("799ms"), IDLE)).isNull();
        assertThat(choose(lag("1000B"), IDLE)).isEqualTo("late");
        assertThat(choose(lag("999B"), IDLE)).isNull();

        // of a primary that nobody has seen, nobody knows how much it has written
        add("p", null, 1, null, Health.DOWN);
        assertThat(choose(lag("1000B"), IDLE)).isNull();
        assertThat(choose(lag("800ms"), IDLE)).isEqualTo("late");
    }

    @Test
    void drawsByWeight() {
        add("light", null, 1, report(10_000, 0), Health.UP);
        add("heavy", null, 3, report(10_000, 0), Health.UP);

        Map<String, Integer> counts = counts(8_000, ANY, IDLE);

        assertThat(counts.get("heavy")).isCloseTo(6_000, within(250));
        assertThat(counts.get("light")).isCloseTo(2_000, within(250));
    }

    @Test
    void prefersWhatHasLessToDoForItsWeight() {
        standby("busy");
        standby("idle");
        assertThat(counts(100, ANY, node -> node.name().equals("busy") ? 2 : 1)).containsOnlyKeys("idle");

        add("busy2", null, 4, report(10_000, 0), Health.UP);
        // 2/1, 1/1 and 3/4: of any two the better one
        Map<String, Integer> counts = counts(2_000, ANY, node -> switch (node.name()) {
            case "busy" -> 2;
            case "idle" -> 1;
            default -> 3;
        });
        assertThat(counts).containsOnlyKeys("idle", "busy2");
        assertThat(counts.get("busy2")).isGreaterThan(counts.get("idle"));
    }

    @Test
    void countsOthersConnectionsWhereItsOwnAreEven() {
        add("full", null, 1, new NodeReport(true, 3, 10_000, 10_000, 0, 1, false, 90, 100), Health.UP);
        add("free", null, 1, new NodeReport(true, 3, 10_000, 10_000, 0, 1, false, 10, 100), Health.UP);

        assertThat(counts(100, ANY, node -> 5)).containsOnlyKeys("free");

        add("full", null, 1, new NodeReport(true, 3, 10_000, 10_000, 0, 1, false, 25, 100), Health.UP);
        assertThat(counts(1_000, ANY, node -> 5)).containsOnlyKeys("free", "full");
    }

    @Test
    void prefersItsZone() {
        add("near1", "here", 1, report(10_000, 0), Health.UP);
        add("near2", "here", 1, report(10_000, 0), Health.UP);
        add("far", "there", 100, report(10_000, 0), Health.UP);

        assertThat(counts(200, zone("here"), node -> node.name().equals("far") ? 0 : 9))
                .containsOnlyKeys("near1", "near2");
        assertThat(counts(50, zone("there"), IDLE)).containsOnlyKeys("far");
        assertThat(counts(2_000, zone("elsewhere"), IDLE)).containsOnlyKeys("near1", "near2", "far");
    }

    @Test
    void prefersWhatHasReplayedThePosition() {
        add("behind", null, 100, report(8_000, 10), Health.UP);
        add("ahead", null, 1, report(9_500, 10), Health.UP);

        assertThat(counts(100, position(9_000, null), IDLE)).containsOnlyKeys("ahead");
        // neither has by its report: one of them is to be asked
        assertThat(counts(1_000, position(9_900, null), IDLE)).containsOnlyKeys("ahead", "behind");
        assertThat(StandbyChoice.hasReplayed(topology().nodes().get("ahead"), 9_500))
                .isTrue();
        assertThat(StandbyChoice.hasReplayed(topology().nodes().get("ahead"), 9_501))
                .isFalse();
    }

    @Test
    void staysWithTheKeptOneWhileItQualifies() {
        standby("kept");
        standby("other");

        assertThat(counts(100, position(0, "kept"), node -> node.name().equals("kept") ? 9 : 0))
                .containsOnlyKeys("kept");
        assertThat(counts(10, position(0, "gone"), IDLE)).isNotEmpty();
        add("kept", null, 1, report(10_000, 0), Health.DOWN);
        assertThat(counts(10, position(0, "kept"), IDLE)).containsOnlyKeys("other");
    }
}
