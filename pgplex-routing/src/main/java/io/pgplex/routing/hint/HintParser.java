package io.pgplex.routing.hint;

import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.scan.TokenKind;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads hints: {@code --!pgplex option=value, option='value'} and the same between {@code /*!pgplex} and the comment's end.
 * Several may stand before and in a statement; one option may not be given two values. Stateless.
 */
public final class HintParser {

    private static final String SYNTAX =
            "A hint reads --!pgplex option=value, option=value or /*!pgplex option=value */.";
    private static final String OPTIONS = "Valid options are: shard, key, cross_shard.";

    private HintParser() {}

    /**
     * The hints of one statement.
     *
     * @param texts the comments that are hints, whole, in their order
     * @throws HintException 42601 when one is malformed, 22023 for an unknown option or value
     */
    public static Hints parse(List<String> texts) {
        Hints hints = Hints.NONE;
        for (String text : texts) {
            hints = parse(hints, body(text));
        }
        return hints;
    }

    private static String body(String comment) {
        String text = comment.startsWith("/*") ? comment.substring(2, comment.length() - 2) : comment.substring(2);
        String body = text.strip();
        return body.substring("!pgplex".length());
    }

    private static Hints parse(Hints before, String body) {
        List<ScannedStatement> statements;
        try {
            statements = StatementScanner.scan(body);
        } catch (SqlSyntaxException e) {
            throw new HintException("42601", "malformed pgplex hint: " + e.getMessage(), SYNTAX);
        }
        if (statements.isEmpty()) {
            return before;
        }
        if (statements.size() > 1) {
            throw new HintException("42601", "malformed pgplex hint: a semicolon has no meaning in it", SYNTAX);
        }
        ScannedStatement tokens = statements.get(0);
        Hints hints = before;
        int i = 0;
        while (i < tokens.tokenCount()) {
            if (!tokens.isName(i) || !tokens.isOperator(i + 1, "=") || i + 2 >= tokens.tokenCount()) {
                throw new HintException(
                        "42601", "malformed pgplex hint: an option, = and a value were expected", SYNTAX);
            }
            boolean negative = tokens.isOperator(i + 2, "-") && tokens.hasKind(i + 3, TokenKind.NUMBER);
            int value = negative ? i + 3 : i + 2;
            hints = with(hints, tokens.identifier(i), tokens, value, negative);
            i = value + 1;
            if (tokens.isPunctuation(i, ',')) {
                i++;
                if (i == tokens.tokenCount()) {
                    throw new HintException(
                            "42601", "malformed pgplex hint: an option was expected at its end", SYNTAX);
                }
            }
        }
        return hints;
    }

    private static Hints with(Hints hints, String option, ScannedStatement tokens, int value, boolean negative) {
        boolean quoted = tokens.hasKind(value, TokenKind.STRING);
        String text = text(tokens, value, negative);
        return switch (option) {
            case "shard" -> {
                once(option, hints.shard(), text);
                yield new Hints(text, hints.key(), hints.keyQuoted(), hints.crossShard());
            }
            case "key" -> {
                if (!quoted && !tokens.hasKind(value, TokenKind.NUMBER)) {
                    throw new HintException(
                            "42601", "malformed pgplex hint: a key is a number or a quoted string", SYNTAX);
                }
                once(option, hints.key(), text);
                yield new Hints(hints.shard(), text, quoted, hints.crossShard());
            }
            case "cross_shard" -> {
                CrossShard chosen = crossShard(text);
                CrossShard known = hints.crossShard();
                once(option, known == null ? null : known.name(), chosen.name());
                yield new Hints(hints.shard(), hints.key(), hints.keyQuoted(), chosen);
            }
            default -> throw new HintException("22023", "unknown option in a pgplex hint: " + option, OPTIONS);
        };
    }

    private static String text(ScannedStatement tokens, int value, boolean negative) {
        if (tokens.hasKind(value, TokenKind.STRING)) {
            return tokens.stringValue(value);
        }
        if (tokens.isName(value)) {
            return tokens.identifier(value);
        }
        return negative ? "-" + tokens.tokenText(value) : tokens.tokenText(value);
    }

    private static CrossShard crossShard(String text) {
        try {
            return CrossShard.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new HintException(
                    "22023",
                    "unknown value of the option cross_shard in a pgplex hint",
                    "Valid values are: allow, warn, forbid.");
        }
    }

    private static void once(String option, @Nullable String known, String value) {
        if (known != null && !known.equals(value)) {
            throw new HintException(
                    "42601", "the option " + option + " has two values in the hints of one statement", SYNTAX);
        }
    }
}
