package io.pgplex.routing.scan;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * One statement of a text: the text itself, untouched, and the tokens in it.
 *
 * <p>Offsets are UTF-16 units from 0 in {@link #text()}. The methods that ask what a token is ({@link #is}, {@link #word},
 * {@link #isPunctuation}, ...) answer "no" for an index outside the statement, so that a reader may look ahead freely; the
 * others throw. Immutable.
 */
public final class ScannedStatement {
    private static final int NONE = -1;

    private final String text;
    private final int offset;
    private final TokenKind[] kinds;
    private final int[] bounds;
    private final int[] matches;
    private final int parameterCount;
    private final List<String> hintTexts;
    private final int[] hintOffsets;

    ScannedStatement(
            String text,
            int offset,
            TokenKind[] kinds,
            int[] bounds,
            int parameterCount,
            List<String> hintTexts,
            int[] hintOffsets) {
        this.text = text;
        this.offset = offset;
        this.kinds = kinds;
        this.bounds = bounds;
        this.matches = matches(text, kinds, bounds);
        this.parameterCount = parameterCount;
        this.hintTexts = hintTexts;
        this.hintOffsets = hintOffsets;
    }

    private static int[] matches(String text, TokenKind[] kinds, int[] bounds) {
        int[] matches = new int[kinds.length];
        Arrays.fill(matches, NONE);
        // an open bracket keeps the index of the one around it until it is closed
        int open = NONE;
        for (int i = 0; i < kinds.length; i++) {
            if (kinds[i] == TokenKind.PUNCTUATION) {
                char c = text.charAt(bounds[2 * i]);
                if (c == '(' || c == '[') {
                    matches[i] = open;
                    open = i;
                } else if ((c == ')' || c == ']') && open != NONE && closes(text.charAt(bounds[2 * open]), c)) {
                    int outer = matches[open];
                    matches[open] = i;
                    matches[i] = open;
                    open = outer;
                }
            }
        }
        while (open != NONE) {
            int outer = matches[open];
            matches[open] = NONE;
            open = outer;
        }
        return matches;
    }

    private static boolean closes(char open, char close) {
        return close == (open == '(' ? ')' : ']');
    }

    /** The slice of the scanned text that is this statement, without the semicolon; comments before it belong to it. */
    public String text() {
        return text;
    }

    /** Where {@link #text()} begins in the scanned text. */
    public int offset() {
        return offset;
    }

    /** The tokens, a view without a copy. */
    public List<Token> tokens() {
        return new TokenList();
    }

    /** How many tokens there are, at least one. */
    public int tokenCount() {
        return kinds.length;
    }

    /** The token at {@code index}. */
    public Token token(int index) {
        return new Token(kind(index), begin(index), end(index));
    }

    /** What the token is. */
    public TokenKind kind(int index) {
        return kinds[index];
    }

    /** Offset of the token's first character. */
    public int begin(int index) {
        return bounds[2 * index];
    }

    /** Offset behind the token's last character. */
    public int end(int index) {
        return bounds[2 * index + 1];
    }

    /** The token as it was written. */
    public String tokenText(int index) {
        return text.substring(begin(index), end(index));
    }

    /** The text from token {@code from} (inclusive) to token {@code to} (exclusive), with what lies between them. */
    public String text(int from, int to) {
        return from >= to ? "" : text.substring(begin(from), end(to - 1));
    }

    /** Number of JDBC parameters; the parameters are numbered from 1 in the order of their tokens. */
    public int parameterCount() {
        return parameterCount;
    }

    /** The comments that are hints, whole, in the order of the text. */
    public List<String> hintTexts() {
        return hintTexts;
    }

    /** Offset of the hint with that index in {@link #hintTexts()}. */
    public int hintOffset(int index) {
        return hintOffsets[index];
    }

    /** Whether the token is a {@link TokenKind#WORD} and one of these, given in upper case. */
    public boolean is(int index, String... upperWords) {
        for (String word : upperWords) {
            if (isWord(index, word)) {
                return true;
            }
        }
        return false;
    }

    /** Whether these words, given in upper case, stand one after the other from {@code index} on. */
    public boolean isSequence(int index, String... upperWords) {
        for (int i = 0; i < upperWords.length; i++) {
            if (!isWord(index + i, upperWords[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean isWord(int index, String upperWord) {
        return hasKind(index, TokenKind.WORD)
                && end(index) - begin(index) == upperWord.length()
                && Characters.isWordAt(text, begin(index), upperWord);
    }

    /** Whether there is such a token and it is of that kind. */
    public boolean hasKind(int index, TokenKind kind) {
        return index >= 0 && index < kinds.length && kinds[index] == kind;
    }

    /** Whether the token is a name: a word (also a keyword) or a quoted identifier. */
    public boolean isName(int index) {
        return hasKind(index, TokenKind.WORD) || hasKind(index, TokenKind.QUOTED_IDENTIFIER);
    }

    /** Whether the token is this punctuation character. */
    public boolean isPunctuation(int index, char c) {
        return hasKind(index, TokenKind.PUNCTUATION)
                && end(index) - begin(index) == 1
                && text.charAt(begin(index)) == c;
    }

    /** Whether the token is this operator, as PostgreSQL sees it. */
    public boolean isOperator(int index, String operator) {
        return hasKind(index, TokenKind.OPERATOR) && operator(index).equals(operator);
    }

    /** The word in upper case (ASCII letters only, as keywords are compared); empty when the token is none. */
    public String word(int index) {
        return hasKind(index, TokenKind.WORD) ? Identifiers.asciiUpper(tokenText(index)) : "";
    }

    /** The operator as PostgreSQL sees it: {@code ??} is one question mark. */
    public String operator(int index) {
        return tokenText(index).replace("??", "?");
    }

    /**
     * The name that the token means, folded and cut as PostgreSQL does.
     *
     * @throws SqlSyntaxException when a Unicode escape in it is malformed
     */
    public String identifier(int index) {
        return switch (kind(index)) {
            case WORD -> Identifiers.fold(tokenText(index));
            case QUOTED_IDENTIFIER -> Identifiers.cut(LiteralDecoder.identifier(text, begin(index), end(index)));
            default -> throw new IllegalArgumentException("token " + index + " is no identifier");
        };
    }

    /**
     * The value of a literal; for {@link LiteralForm#BIT} and {@link LiteralForm#HEXADECIMAL} its digits.
     *
     * @throws SqlSyntaxException when an escape in it is malformed
     */
    public String stringValue(int index) {
        if (kind(index) != TokenKind.STRING) {
            throw new IllegalArgumentException("token " + index + " is no string literal");
        }
        return LiteralDecoder.decode(text, begin(index), end(index));
    }

    /** How the literal is written. */
    public LiteralForm literalForm(int index) {
        return LiteralForm.at(text, begin(index));
    }

    /** The index of the bracket that belongs to the one at {@code index}, round or square; -1 when there is none. */
    public int matching(int index) {
        return matches[index];
    }

    /** The index of the token that covers the character at {@code textOffset}; -1 when none does. */
    public int tokenAt(int textOffset) {
        int index = tokenFrom(textOffset + 1) - 1;
        return index >= 0 && textOffset < end(index) ? index : NONE;
    }

    /** The index of the first token that begins at or behind {@code textOffset}; {@link #tokenCount()} when none does. */
    public int tokenFrom(int textOffset) {
        int low = 0;
        int high = kinds.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (begin(middle) < textOffset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * The tokens from {@code from} (inclusive) to {@code to} (exclusive) as a statement of its own, such as the one behind
     * EXPLAIN. Its offset is again one in the scanned text; it has no hints.
     */
    public ScannedStatement slice(int from, int to) {
        int start = begin(from);
        int[] slicedBounds = Arrays.copyOfRange(bounds, 2 * from, 2 * to);
        int parameters = 0;
        for (int i = from; i < to; i++) {
            slicedBounds[2 * (i - from)] -= start;
            slicedBounds[2 * (i - from) + 1] -= start;
            parameters += kinds[i] == TokenKind.PARAMETER ? 1 : 0;
        }
        return new ScannedStatement(
                text(from, to),
                offset + start,
                Arrays.copyOfRange(kinds, from, to),
                slicedBounds,
                parameters,
                List.of(),
                new int[0]);
    }

    /** An error at a token, or at the text's end when {@code index} lies behind the last one. */
    public SqlSyntaxException error(String message, int index) {
        return error(message, index, "");
    }

    /** As {@link #error(String, int)}, with what to do about it. */
    public SqlSyntaxException error(String message, int index, String hint) {
        int at = index < kinds.length ? begin(index) : text.length();
        return new SqlSyntaxException(SqlSyntaxException.SYNTAX_ERROR, message, text, at, hint);
    }

    /** The statement's text. */
    @Override
    public String toString() {
        return text;
    }

    private final class TokenList extends AbstractList<Token> implements RandomAccess {
        @Override
        public Token get(int index) {
            return token(index);
        }

        @Override
        public int size() {
            return kinds.length;
        }
    }
}
