package io.pgplex.jdbc.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Events and what a client knows after them, one story a file of {@code src/test/resources/topology}. A line is an event, or
 * begins with {@code >} and says what is known of a node or shard ({@code -}: nothing), or is {@code = unchanged}, by which
 * the last event said nothing new.
 *
 * <pre>
 * map s1 epoch 2 = pg1@10.0.0.1 pg2*7; s2 = pg3       shards: the leader, then its standbys; or nothing
 * seen pg1 primary|standby timeline 1 at 1000
 * answered pg1 at 1000
 * missed pg1 certain|silent since 1000 at 1250
 * lost pg1 generation 3
 * > pg1 UP generation 3
 * > s1 primary pg1 epoch 1 timeline 1 writable pg1
 * </pre>
 */
class TopologyScenarioTest {

    private static final int BUCKETS = 8;

    private static List<Path> scenarios() throws IOException, URISyntaxException {
        Path directory = Path.of(Objects.requireNonNull(TopologyScenarioTest.class.getResource("/topology"))
                .toURI());
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @Test
    void thereAreScenarios() throws Exception {
        assertThat(scenarios()).hasSizeGreaterThan(15);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void endsAsTheFileSays(Path file) throws IOException {
        Topology before = Topology.EMPTY;
        Topology now = Topology.EMPTY;
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            String place = file.getFileName() + " line " + number;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("> ")) {
                String subject = line.substring(2).split(" ")[0];
                assertThat(said(now, subject)).as(place).isEqualTo(line.substring(2));
            } else if (line.equals("= unchanged")) {
                assertThat(now).as(place).isSameAs(before);
            } else {
                before = now;
                now = TopologyReducer.reduce(before, event(line));
                assertThat(now.version()).as(place).isBetween(before.version(), before.version() + 1);
                assertThat(now.equals(before)).as(place).isEqualTo(now.version() == before.version());
                checkGenerations(place, before, now);
            }
        }
    }

    /** What holds after any event: generations never fall, and never pass the version, which makes later ones higher. */
    private static void checkGenerations(String place, Topology before, Topology now) {
        for (NodeState node : now.nodes().values()) {
            assertThat(node.generation()).as(place).isLessThanOrEqualTo(now.version());
            NodeState known = before.node(node.node().name());
            if (known != null) {
                assertThat(node.generation()).as(place).isGreaterThanOrEqualTo(known.generation());
            }
        }
    }

    private static String said(Topology topology, String subject) {
        NodeState node = topology.node(subject);
        if (node != null) {
            return subject + " " + node.health() + " generation " + node.generation();
        }
        ShardState shard = topology.shard(subject);
        if (shard != null) {
            NodeState writable = topology.writable(subject);
            return subject + " primary " + shard.primary() + " epoch " + shard.epoch() + " timeline "
                    + shard.timeline() + " writable "
                    + (writable == null ? "-" : writable.node().name());
        }
        return subject + " -";
    }

    private static TopologyEvent event(String line) {
        String[] words = line.split(" +");
        return switch (words[0]) {
            case "map" -> new TopologyEvent.MapChanged(map(line.substring(3).strip()));
            case "seen" ->
                new TopologyEvent.Seen(
                        words[1],
                        report(words[2].equals("standby"), Integer.parseInt(word(words, "timeline"))),
                        number(words, "at"));
            case "answered" -> new TopologyEvent.Answered(words[1], "too many clients", number(words, "at"));
            case "missed" ->
                new TopologyEvent.Missed(
                        words[1], words[2].equals("certain"), line, number(words, "since"), number(words, "at"));
            case "lost" -> new TopologyEvent.Lost(words[1], number(words, "generation"), line);
            default -> throw new IllegalArgumentException(line);
        };
    }

    private static NodeReport report(boolean standby, int timeline) {
        return new NodeReport(standby, timeline, 1000, 1000, 0, 0, false, 1, 100);
    }

    private static long number(String[] words, String name) {
        return Long.parseLong(word(words, name));
    }

    private static String word(String[] words, String name) {
        int place = List.of(words).indexOf(name);
        if (place < 0) {
            throw new IllegalArgumentException("no " + name + " in " + List.of(words));
        }
        return words[place + 1];
    }

    private static @Nullable ClusterMap map(String text) {
        if (text.isEmpty()) {
            return null;
        }
        Map<String, Node> nodes = new HashMap<>();
        List<Shard> shards = new ArrayList<>();
        for (String shard : text.split("; *")) {
            String[] sides = shard.split(" = ");
            String[] head = sides[0].split(" ");
            List<String> names = new ArrayList<>();
            for (String member : sides[1].split(" ")) {
                Node node = node(member);
                nodes.put(node.name(), node);
                names.add(node.name());
            }
            shards.add(new Shard(
                    head[0],
                    shards.size(),
                    names.get(0),
                    names.subList(1, names.size()),
                    head.length == 1 ? 1 : number(head, "epoch"),
                    shards.isEmpty() ? List.of(new BucketRange(0, BUCKETS - 1)) : List.of()));
        }
        return new ClusterMap(
                "c", 1, new ClusterProperties("app", BUCKETS, "C", true, 150_000), shards, nodes, Map.of(), Map.of());
    }

    /** {@code name}, {@code name@host} or {@code name*weight}. */
    private static Node node(String text) {
        String[] address = text.split("@");
        String[] weight = address[0].split("\\*");
        return new Node(
                1,
                weight[0],
                address.length == 1 ? "127.0.0.1" : address[1],
                5432,
                "app",
                null,
                weight.length == 1 ? 1 : Integer.parseInt(weight[1]));
    }
}
