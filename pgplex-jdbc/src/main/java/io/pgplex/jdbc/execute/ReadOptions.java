package io.pgplex.jdbc.execute;

import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.hint.Hints.Consistency;
import io.pgplex.routing.hint.Hints.Intent;
import io.pgplex.routing.hint.MaxLag;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes may answer the reads of a session, or of one statement. Immutable.
 *
 * @param maxLag how far behind its primary a standby may be
 * @param consistency how new the data are that a standby shows
 * @param zone the zone whose standbys are preferred, or null
 * @param node the node that must answer, or null for whichever
 */
public record ReadOptions(
        Intent intent,
        MaxLag maxLag,
        Consistency consistency,
        @Nullable String zone,
        @Nullable String node) {

    /** Every read goes to the primary. */
    public static final ReadOptions PRIMARIES =
            new ReadOptions(Intent.READ_WRITE, MaxLag.NONE, Consistency.SESSION, null, null);

    /**
     * What holds for one statement: its hints, else what the session says.
     *
     * @param readOnly whether the application has made the session read-only
     */
    ReadOptions with(Hints.Reads hints, boolean readOnly) {
        return new ReadOptions(
                Objects.requireNonNullElse(hints.intent(), readOnly ? Intent.READ_ONLY : intent),
                Objects.requireNonNullElse(hints.maxLag(), maxLag),
                Objects.requireNonNullElse(hints.consistency(), consistency),
                hints.zone() == null ? zone : hints.zone(),
                hints.node());
    }

    /** Whether reads may go to standbys. */
    boolean asksForStandbys() {
        return intent != Intent.READ_WRITE;
    }
}
