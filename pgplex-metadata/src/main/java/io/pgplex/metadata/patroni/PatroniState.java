package io.pgplex.metadata.patroni;

import io.pgplex.metadata.store.KeyValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who leads a Patroni cluster and who follows, as far as its keys ever said. Immutable; {@link #after} makes the next one
 * from the keys.
 *
 * <p>The leader is the member that the leader key names. Patroni writes that key before it promotes, so the leader may
 * still be a standby for a moment. Nothing takes a leader away but another leader: without the key it stays, since Patroni
 * may be paused or unreachable while PostgreSQL works.
 *
 * @param systemIdentifier of the database that the scope was made with, or null where no key says so
 * @param timeline the highest timeline that was ever seen for that database, or 0
 * @param leader the leader, or null while none was ever seen
 * @param members the members whose keys are there, by name, each as its last sensible document says
 */
public record PatroniState(
        @Nullable String systemIdentifier,
        long timeline,
        @Nullable PatroniMember leader,
        SortedMap<String, PatroniMember> members) {

    /** What is known before anything was read. */
    public static final PatroniState UNKNOWN = new PatroniState(null, 0, null, Collections.emptySortedMap());

    public PatroniState {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    /**
     * What the keys say, and what of it is not believed.
     *
     * @param complaints why some keys are ignored, without their values
     */
    public record Reading(PatroniState state, SortedSet<String> complaints) {
        public Reading {
            complaints = Collections.unmodifiableSortedSet(complaints);
        }
    }

    /** The state after this one, by all of the scope's keys. */
    public Reading after(PatroniScope scope, Collection<KeyValue> pairs) {
        SortedSet<String> complaints = new TreeSet<>();
        SortedMap<String, PatroniMember> present = new TreeMap<>();
        String named = null;
        String identifier = null;
        long history = 0;
        for (KeyValue pair : pairs) {
            String name = scope.memberOf(pair.key());
            if (name != null) {
                PatroniMember member = PatroniDocuments.member(name, pair.value());
                if (member == null) {
                    complaints.add("key \"" + pair.key() + "\" cannot be understood");
                    member = members.get(name);
                }
                if (member != null) {
                    present.put(name, member);
                }
            } else if (pair.key().equals(scope.leader())) {
                named = pair.value();
            } else if (pair.key().equals(scope.initialize())) {
                identifier = pair.value().isEmpty() ? null : pair.value();
            } else if (pair.key().equals(scope.history())) {
                history = PatroniDocuments.timelineOfHistory(pair.value());
                if (history == 0) {
                    complaints.add("key \"" + pair.key() + "\" cannot be understood");
                }
            }
        }
        // a database made anew, by pg_upgrade for instance, begins with timeline 1 again
        boolean anew = identifier != null && systemIdentifier != null && !identifier.equals(systemIdentifier);
        long known = Math.max(anew ? 0 : timeline, history);
        PatroniMember next = leader(named, present, known, complaints);
        if (next != null) {
            known = Math.max(known, next.timeline());
        }
        String of = identifier == null ? systemIdentifier : identifier;
        return new Reading(new PatroniState(of, known, next, present), complaints);
    }

    /** The leader from now on: the named one, unless something speaks against it. */
    private @Nullable PatroniMember leader(
            @Nullable String named,
            SortedMap<String, PatroniMember> present,
            long known,
            SortedSet<String> complaints) {
        PatroniMember last = leader;
        if (last != null) {
            last = present.getOrDefault(last.name(), last); // it may have another address by now
        }
        PatroniMember candidate = named == null ? null : present.get(named);
        if (candidate == null) {
            return last; // a member's key can follow its leader key
        }
        if (candidate.isStandbyLeader()) {
            complaints.add("member \"" + named + "\" leads a standby cluster, which takes no writes");
            return last;
        }
        // one that is still a replica will promote to a timeline of its own
        boolean lower = candidate.isPrimary() && candidate.timeline() != 0 && candidate.timeline() < known;
        if (lower && (last == null || !last.name().equals(named))) {
            complaints.add("member \"" + named + "\" leads on timeline " + candidate.timeline()
                    + ", which is lower than " + known);
            return last;
        }
        return candidate;
    }

    /** The running replicas, by name. */
    public List<PatroniMember> replicas() {
        List<PatroniMember> replicas = new ArrayList<>();
        for (PatroniMember member : members.values()) {
            boolean leads = leader != null && leader.name().equals(member.name());
            if (!leads && member.isRunningReplica()) {
                replicas.add(member);
            }
        }
        return replicas;
    }
}
