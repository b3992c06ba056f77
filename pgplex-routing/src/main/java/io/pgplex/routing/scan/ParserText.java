package io.pgplex.routing.scan;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Set;

/**
 * The equal-length copy of a statement that JSqlParser is given, in which everything that it would misread is harmless.
 *
 * <ul>
 *   <li>White space and comments become blanks: three line feeds end a statement there, and {@code //} starts a comment.
 *   <li>Literals of every form become {@code 'xxx'}; their values are taken from the tokens, never from the AST.
 *   <li>Infix operators other than <code>+ - * / % ^ &lt; &gt; = &lt;= &gt;= &lt;&gt; != ||</code>, also
 *       {@code OPERATOR(schema.op)}, become {@code |} and blanks. PostgreSQL gives all of them one precedence, looser than
 *       addition and tighter than comparison, LIKE, IN, BETWEEN and IS; JSqlParser's {@code |} has the same place among
 *       these. Grouping among such operators, {@code ||} included, may differ, which no conclusion of routing rests on.
 *       {@code ||} is not used as the stand-in, so that a concatenation in the AST is one in the text.
 *   <li>Prefix operators other than the signs become blanks, and so do NOT MATERIALIZED, ONLY in UPDATE and DELETE, and types
 *       that JSqlParser does not know before a constant.
 *   <li>Quoted identifiers keep letters and digits only; names that JSqlParser takes for its own keywords get another first
 *       letter. The token at the node's position gives the true name.
 *   <li>Numbers in forms that JSqlParser does not know are written in decimal digits, or, when that is longer, as a name,
 *       which binds no key.
 * </ul>
 *
 * Stateless.
 */
public final class ParserText {
    private static final Set<String> KEPT_OPERATORS =
            Set.of("+", "-", "*", "/", "%", "^", "<", ">", "=", "<=", ">=", "<>", "!=", "||", "=>", ":=");

    /** Keywords behind which an operand begins, so that an operator there is a prefix. Not all of them are reserved. */
    private static final Set<String> BEFORE_OPERAND = Set.of(
            "SELECT",
            "DISTINCT",
            "ALL",
            "WHERE",
            "HAVING",
            "ON",
            "BY",
            "AND",
            "OR",
            "NOT",
            "WHEN",
            "THEN",
            "ELSE",
            "CASE",
            "IN",
            "LIKE",
            "ILIKE",
            "TO",
            "BETWEEN",
            "SYMMETRIC",
            "ASYMMETRIC",
            "FROM",
            "ESCAPE",
            "LIMIT",
            "OFFSET",
            "RETURNING",
            "JOIN",
            "INTO",
            "UPDATE",
            "SET",
            "ZONE",
            "VALUES",
            "USING",
            "FOR",
            "FETCH",
            "ROWS",
            "RANGE",
            "GROUPS",
            "PLACING");

    /**
     * Longest token of the copy; blanks stand for the rest of a longer one. JSqlParser takes ten bytes for each character of a
     * token, and to read a number takes time in the square of its digits.
     */
    private static final int MAX_SHOWN_LENGTH = 256;

    private ParserText() {}

    /** The copy of the statement's text, of the same length. */
    public static String of(ScannedStatement statement) {
        char[] copy = new char[statement.text().length()];
        Arrays.fill(copy, ' ');
        ParserWords words = new ParserWords(statement);
        int count = statement.tokenCount();
        int i = 0;
        while (i < count) {
            int operatorEnd = qualifiedOperatorEnd(statement, i);
            if (operatorEnd > i) {
                operator(statement, i, copy);
                i = operatorEnd;
            } else {
                token(statement, i, words, copy);
                i++;
            }
        }
        return new String(copy);
    }

    private static void token(ScannedStatement statement, int index, ParserWords words, char[] copy) {
        int begin = statement.begin(index);
        int end = shownEnd(statement, index);
        switch (statement.kind(index)) {
            case STRING -> literal(begin, end, copy);
            case QUOTED_IDENTIFIER -> quotedIdentifier(statement, begin, end, copy);
            case OPERATOR -> {
                if (KEPT_OPERATORS.contains(statement.tokenText(index))) {
                    keep(statement, begin, end, copy);
                } else {
                    operator(statement, index, copy);
                }
            }
            case NUMBER -> number(statement, index, copy);
            case WORD -> word(statement, index, words, copy);
            case PUNCTUATION -> {
                words.bracket(index);
                keep(statement, begin, end, copy);
            }
            case PARAMETER, DOLLAR_PARAMETER -> keep(statement, begin, end, copy);
        }
    }

    /** Where the token ends in the copy: of a very long one the beginning will do. */
    private static int shownEnd(ScannedStatement statement, int index) {
        return Math.min(statement.end(index), statement.begin(index) + MAX_SHOWN_LENGTH);
    }

    private static void keep(ScannedStatement statement, int begin, int end, char[] copy) {
        statement.text().getChars(begin, end, copy, begin);
    }

    private static void literal(int begin, int end, char[] copy) {
        Arrays.fill(copy, begin, end, 'x');
        copy[begin] = '\'';
        copy[end - 1] = '\'';
    }

    private static void quotedIdentifier(ScannedStatement statement, int begin, int end, char[] copy) {
        for (int i = begin; i < end; i++) {
            char c = statement.text().charAt(i);
            copy[i] = c < 128 && Characters.isIdentifierPart(c) && c != '$' ? c : '_';
        }
        copy[begin] = '"';
        copy[end - 1] = '"';
    }

    private static void operator(ScannedStatement statement, int index, char[] copy) {
        if (endsOperand(statement, index - 1)) {
            copy[statement.begin(index)] = '|';
        }
    }

    /** Whether the token can be the last one of an operand, so that an operator behind it is infix. */
    static boolean endsOperand(ScannedStatement statement, int index) {
        if (index < 0) {
            return false;
        }
        return switch (statement.kind(index)) {
            case OPERATOR -> false;
            case PUNCTUATION -> statement.isPunctuation(index, ')') || statement.isPunctuation(index, ']');
            case WORD -> statement.isPunctuation(index - 1, '.') || !BEFORE_OPERAND.contains(statement.word(index));
            case QUOTED_IDENTIFIER, STRING, NUMBER, PARAMETER, DOLLAR_PARAMETER -> true;
        };
    }

    /** Behind {@code OPERATOR(schema.op)}; {@code index} when there is none at that token. */
    private static int qualifiedOperatorEnd(ScannedStatement statement, int index) {
        if (!statement.is(index, "OPERATOR") || !statement.isPunctuation(index + 1, '(')) {
            return index;
        }
        int i = index + 2;
        while (statement.isName(i) && statement.isPunctuation(i + 1, '.')) {
            i += 2;
        }
        return statement.hasKind(i, TokenKind.OPERATOR) && statement.isPunctuation(i + 1, ')') ? i + 2 : index;
    }

    private static void number(ScannedStatement statement, int index, char[] copy) {
        int begin = statement.begin(index);
        int end = shownEnd(statement, index);
        if (statement.end(index) > end) {
            Arrays.fill(copy, begin, end, 'x');
            return;
        }
        String text = statement.tokenText(index);
        int base = NumberLexer.baseOf(text, 0);
        String decimal = text.replace("_", "");
        if (base != 10) {
            decimal = new BigInteger(decimal.substring(2), base).toString();
        }
        if (decimal.length() <= end - begin) {
            decimal.getChars(0, decimal.length(), copy, begin);
        } else {
            Arrays.fill(copy, begin, end, 'x');
        }
    }

    /** Words that JSqlParser refuses, and that say nothing about where rows live. */
    private static boolean isSuperfluous(ScannedStatement statement, int index) {
        return statement.isSequence(index - 1, "AS", "NOT", "MATERIALIZED")
                || statement.isSequence(index - 2, "AS", "NOT", "MATERIALIZED")
                || statement.isSequence(index - 1, "UPDATE", "ONLY")
                || statement.isSequence(index - 2, "DELETE", "FROM", "ONLY");
    }

    /** Whether it is a type that JSqlParser does not know, before a constant: {@code jsonb '{}'}. */
    private static boolean isUnknownType(ScannedStatement statement, int index) {
        String word = statement.word(index);
        return statement.hasKind(index + 1, TokenKind.STRING)
                && !endsOperand(statement, index - 1)
                && !BEFORE_OPERAND.contains(word)
                && !ParserWords.mayPrecedeConstant(word);
    }

    private static void word(ScannedStatement statement, int index, ParserWords words, char[] copy) {
        if (isSuperfluous(statement, index) || isUnknownType(statement, index)) {
            return;
        }
        int begin = statement.begin(index);
        int end = shownEnd(statement, index);
        keep(statement, begin, end, copy);
        for (int i = begin; i < end; i++) {
            if (copy[i] >= 128 && !Character.isLetter(copy[i])) {
                copy[i] = '_';
            }
        }
        if (words.isMistakable(index)) {
            copy[begin] = ParserWords.disguise(copy[begin]);
        }
    }
}
