package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.scan.TokenKind;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a column's default calls, read from the SQL that {@code pg_get_expr} prints under an empty search_path: there a
 * function without a schema is the system's own. Immutable.
 *
 * <p>The dependencies in {@code pg_depend} do not tell, since those on the system's own functions are not recorded.
 *
 * @param functions the system's functions that it calls, as written
 * @param sequence whether it takes a sequence's next value
 * @param changing whether it calls a function of somebody's own, or a SQL value function such as CURRENT_DATE
 */
record ColumnDefault(Set<String> functions, boolean sequence, boolean changing) {

    /** SQL value functions: they look like names, and depend on the clock or the session. */
    private static final String[] VALUE_FUNCTIONS = {
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "CURRENT_ROLE",
        "CURRENT_USER",
        "USER",
        "SESSION_USER",
        "SYSTEM_USER",
        "CURRENT_CATALOG",
        "CURRENT_SCHEMA"
    };

    ColumnDefault {
        functions = Set.copyOf(functions);
    }

    /** Reads a default's expression. */
    static ColumnDefault of(String expression) {
        List<ScannedStatement> scanned = StatementScanner.scan(expression);
        if (scanned.size() != 1) {
            return new ColumnDefault(Set.of(), false, true);
        }
        ScannedStatement tokens = scanned.get(0);
        Set<String> functions = new LinkedHashSet<>();
        boolean changing = false;
        boolean sequence = false;
        for (int i = 0; i < tokens.tokenCount(); i++) {
            if (isTypeName(tokens, i)) {
                continue;
            }
            if (tokens.is(i, VALUE_FUNCTIONS)) {
                changing = true;
            } else if (tokens.isName(i) && tokens.isPunctuation(i + 1, '(')) {
                String name = tokens.identifier(i);
                boolean own = isQualified(tokens, i) || tokens.is(i, "OPERATOR");
                sequence |= name.equals("nextval");
                changing |= own;
                if (!own) {
                    functions.add(name);
                }
            }
        }
        return new ColumnDefault(functions, sequence, changing);
    }

    /** Whether the name at an index has a schema other than pg_catalog before it. */
    private static boolean isQualified(ScannedStatement tokens, int index) {
        return tokens.isPunctuation(index - 1, '.') && !tokens.is(index - 2, "PG_CATALOG");
    }

    /** Whether the name at an index is the last of the type after {@code ::}, which may have a modifier behind it. */
    private static boolean isTypeName(ScannedStatement tokens, int index) {
        int at = index - 1;
        if (tokens.is(index, "PRECISION", "VARYING")) {
            at--;
        } else if (tokens.isPunctuation(at, '.')) {
            at -= 2;
        }
        return tokens.isName(index)
                && tokens.hasKind(at, TokenKind.PUNCTUATION)
                && tokens.tokenText(at).equals("::");
    }

    /**
     * What evaluating it twice would give.
     *
     * @param column the default, or null where there is none
     * @param fromSequence whether the catalogs say that a sequence is behind it
     * @param generated whether it is a generated column's expression
     * @param changingFunctions the system's functions that are not immutable
     */
    static DefaultKind kind(
            @Nullable ColumnDefault column, boolean fromSequence, boolean generated, Set<String> changingFunctions) {
        if (generated) {
            return DefaultKind.GENERATED;
        }
        if (column == null) {
            return DefaultKind.NONE;
        }
        if (fromSequence || column.sequence) {
            return DefaultKind.SEQUENCE;
        }
        return column.changing || column.functions.stream().anyMatch(changingFunctions::contains)
                ? DefaultKind.VOLATILE
                : DefaultKind.CONSTANT;
    }
}
