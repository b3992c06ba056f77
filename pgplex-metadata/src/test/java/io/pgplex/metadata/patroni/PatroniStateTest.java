package io.pgplex.metadata.patroni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.store.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatroniStateTest {

    private final PatroniScope scope = PatroniScope.of("batman");
    private final Map<String, String> keys = new TreeMap<>();
    private PatroniState state = PatroniState.UNKNOWN;

    private static String document(String member, String role, String status, long timeline) {
        return "{\"conn_url\":\"postgres://" + member + ":5432/postgres\",\"state\":\"" + status + "\",\"role\":\""
                + role + "\",\"timeline\":" + timeline + "}";
    }

    private PatroniStateTest member(String name, String role, String status, long timeline) {
        keys.put(scope.member(name), document(name, role, status, timeline));
        return this;
    }

    private PatroniStateTest leader(String name) {
        keys.put(scope.leader(), name);
        return this;
    }

    /** Reads the keys as they are now; the complaints. */
    private SortedSet<String> read() {
        List<KeyValue> pairs = new ArrayList<>();
        keys.forEach((key, value) -> pairs.add(new KeyValue(key, value, 1)));
        PatroniState.Reading reading = state.after(scope, pairs);
        state = reading.state();
        return reading.complaints();
    }

    private String leading() {
        PatroniMember leader = state.leader();
        return leader == null ? "nobody" : leader.name();
    }

    private List<String> replicas() {
        return state.replicas().stream().map(PatroniMember::name).toList();
    }

    private void threeMembersOnTimeline2() {
        leader("a")
                .member("a", "master", "running", 2)
                .member("b", "replica", "running", 2)
                .member("c", "replica", "running", 2);
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
        assertThat(replicas()).containsExactly("b", "c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"batman", "/service/batman", "/service/batman/"})
    void aScopeIsANameOrAWholePrefix(String name) {
        assertThat(PatroniScope.of(name).prefix()).isEqualTo("/service/batman/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "//", "a//b", "//a"})
    void aScopeCannotBeEmpty(String name) {
        assertThatThrownBy(() -> PatroniScope.of(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyKeysOfLeadersAndMembersCount() {
        assertThat(scope.isRelevant("/service/batman/leader")).isTrue();
        assertThat(scope.isRelevant("/service/batman/members/a")).isTrue();
        assertThat(scope.isRelevant("/service/batman/history")).isTrue();
        assertThat(scope.isRelevant("/service/batman/initialize")).isTrue();
        assertThat(scope.isRelevant("/service/batman/members/")).isFalse();
        for (String other : List.of("status", "config", "sync", "failover", "optime/leader", "failsafe")) {
            assertThat(scope.isRelevant("/service/batman/" + other)).isFalse();
        }
        assertThat(scope.isRelevant("/service/batman2/leader")).isFalse();
    }

    @Test
    void nothingIsKnownOfAnEmptyScope() {
        assertThat(read()).isEmpty();
        assertThat(state.leader()).isNull();
        assertThat(replicas()).isEmpty();
    }

    @Test
    void theLeaderKeyCountsBeforeThePromotion() {
        threeMembersOnTimeline2();
        keys.remove(scope.member("a"));
        leader("b");
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("b");
        assertThat(replicas()).containsExactly("c");
        member("b", "primary", "running", 3);
        assertThat(read()).isEmpty();
        assertThat(state.timeline()).isEqualTo(3);
    }

    @Test
    void aMissingLeaderKeyKeepsTheLastLeader() {
        threeMembersOnTimeline2();
        keys.remove(scope.leader());
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
        keys.clear(); // as when Patroni is stopped everywhere
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
        assertThat(replicas()).isEmpty();
    }

    @Test
    void aMissingLeaderKeyNamesNobodyToBeginWith() {
        member("a", "master", "running", 2);
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("nobody");
    }

    @Test
    void aLeaderWithoutADocumentIsAwaited() {
        threeMembersOnTimeline2();
        leader("d");
        read();
        assertThat(leading()).isEqualTo("a");
        member("d", "replica", "running", 2);
        read();
        assertThat(leading()).isEqualTo("d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"master", "primary"})
    void aPrimaryOnALowerTimelineDoesNotComeBack(String role) {
        threeMembersOnTimeline2();
        leader("b").member("b", role, "running", 3);
        read();
        leader("a").member("a", role, "running", 2);
        assertThat(read()).singleElement().asString().contains("timeline 2");
        assertThat(leading()).isEqualTo("b");
        member("a", role, "running", 4);
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
    }

    @Test
    void aReplicaWithAnOldDocumentMayLead() {
        threeMembersOnTimeline2();
        leader("b").member("b", "master", "running", 3);
        read();
        leader("c"); // its document still says timeline 2; it will promote to a higher one
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("c");
    }

    @Test
    void theHistorySaysWhichTimelineIsTheLowest() {
        keys.put(scope.history(), "[[1,100,\"x\"],[2,200,\"x\"]]");
        leader("a").member("a", "master", "running", 2);
        assertThat(read()).hasSize(1);
        assertThat(leading()).isEqualTo("nobody");
        member("a", "master", "running", 3);
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
    }

    @Test
    void theLeaderStaysWhileItsDocumentIsBehindTheHistory() {
        threeMembersOnTimeline2();
        keys.put(scope.history(), "[[2,200,\"x\"]]");
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("a");
    }

    @Test
    void aDatabaseMadeAnewBeginsWithTheFirstTimeline() {
        keys.put(scope.initialize(), "7710605615004742237");
        threeMembersOnTimeline2();
        keys.put(scope.initialize(), "7710605615004742238");
        leader("b").member("b", "master", "running", 1);
        assertThat(read()).isEmpty();
        assertThat(leading()).isEqualTo("b");
        assertThat(state.timeline()).isEqualTo(1);
    }

    @Test
    void theLeaderOfAStandbyClusterIsNone() {
        leader("a").member("a", "standby_leader", "running", 2);
        assertThat(read()).singleElement().asString().contains("standby cluster");
        assertThat(leading()).isEqualTo("nobody");
        member("a", "master", "running", 2);
        assertThat(read()).isEmpty();
        leader("b").member("b", "standby_leader", "running", 2);
        assertThat(read()).hasSize(1);
        assertThat(leading()).isEqualTo("a");
    }

    @Test
    void aLeaderThatRestartsStaysAndAReplicaThatRestartsDoesNot() {
        threeMembersOnTimeline2();
        member("a", "master", "starting", 2)
                .member("b", "replica", "starting", 2)
                .member("c", "replica", "stopped", 2);
        read();
        assertThat(leading()).isEqualTo("a");
        assertThat(replicas()).isEmpty();
        member("b", "replica", "streaming", 2);
        read();
        assertThat(replicas()).containsExactly("b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"master", "primary", "demoted", "uninitialized", "promoted", "whatever"})
    void onlyReplicasAreStandbys(String role) {
        threeMembersOnTimeline2();
        member("c", role, "running", 2);
        assertThat(read()).isEmpty();
        assertThat(replicas()).containsExactly("b");
    }

    @Test
    void aMemberThatVanishesIsNoStandby() {
        threeMembersOnTimeline2();
        keys.remove(scope.member("b"));
        read();
        assertThat(replicas()).containsExactly("c");
    }

    @Test
    void tagsOfFailoverDoNotMatterToReaders() {
        threeMembersOnTimeline2();
        keys.put(
                scope.member("b"),
                document("b", "replica", "running", 2).replace("}", ",\"tags\":{\"nofailover\":true}}"));
        keys.put(
                scope.member("c"),
                document("c", "replica", "running", 2).replace("}", ",\"tags\":{\"noloadbalance\":true}}"));
        assertThat(read()).isEmpty();
        assertThat(state.replicas()).extracting(PatroniMember::readable).containsExactly(true, false);
    }

    @Test
    void aDocumentThatMakesNoSenseLeavesTheLastOne() {
        threeMembersOnTimeline2();
        keys.put(scope.member("a"), "{\"conn_url\":\"postgres://u:hush@");
        keys.put(scope.member("b"), "");
        keys.put(scope.history(), "hush");
        assertThat(read()).hasSize(3).allSatisfy(complaint -> assertThat(complaint)
                .doesNotContain("hush"));
        assertThat(leading()).isEqualTo("a");
        assertThat(replicas()).containsExactly("b", "c");
        keys.put(scope.leader(), "");
        read();
        assertThat(leading()).isEqualTo("a");
    }

    @Test
    void aMemberOfWhichNothingWasEverUnderstoodIsNone() {
        threeMembersOnTimeline2();
        keys.put(scope.member("d"), "?");
        assertThat(read()).hasSize(1);
        assertThat(replicas()).containsExactly("b", "c");
    }

    @Test
    void aLeaderThatMovesIsFollowedEvenWithoutItsKey() {
        threeMembersOnTimeline2();
        keys.remove(scope.leader());
        keys.put(scope.member("a"), document("a", "master", "running", 2).replace("a:5432", "elsewhere:5433"));
        read();
        assertThat(state.leader())
                .isEqualTo(new PatroniMember("a", "elsewhere", 5433, "master", "running", 2, true, null));
    }
}
