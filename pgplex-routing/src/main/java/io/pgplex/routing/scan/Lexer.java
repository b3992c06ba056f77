package io.pgplex.routing.scan;

import static io.pgplex.routing.scan.Characters.isDigit;
import static io.pgplex.routing.scan.Characters.isIdentifierPart;
import static io.pgplex.routing.scan.Characters.isIdentifierStart;
import static io.pgplex.routing.scan.Characters.isNewline;
import static io.pgplex.routing.scan.Characters.isOperator;
import static io.pgplex.routing.scan.Characters.isSpace;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds one token after the other, by the rules of scan.l. Each method takes the offset where something begins and
 * returns the offset behind it. Every character is looked at a fixed number of times. Confined to one thread.
 */
final class Lexer {
    private static final String HINT_MARK = "!pgplex";
    private static final int NONE = -1;
    private static final int MAX_OPERATOR_LENGTH = 63;

    private final String sql;
    private final int length;
    private final boolean questionMarkIsParameter;
    private final List<int[]> hints = new ArrayList<>(0);

    private TokenKind kind = TokenKind.PUNCTUATION;
    private int begin;
    private int end;

    /** Up to here there are only signs, cut off from the operator before them: each is a token. Keeps long runs linear. */
    private int signsEnd;

    Lexer(String sql, QuestionMark questionMark) {
        this.sql = sql;
        this.length = sql.length();
        this.questionMarkIsParameter = questionMark == QuestionMark.PARAMETER;
        int nul = sql.indexOf('\0');
        if (nul >= 0) {
            throw error("null character not permitted", nul);
        }
    }

    TokenKind kind() {
        return kind;
    }

    int begin() {
        return begin;
    }

    int end() {
        return end;
    }

    /** The hints met so far, begin and end of the whole comment each; the caller may clear it. */
    List<int[]> hints() {
        return hints;
    }

    /** Goes to the next token; false at the end of the text. */
    boolean next() {
        begin = skipBlank(end);
        if (begin >= length) {
            end = length;
            return false;
        }
        end = token(begin);
        return true;
    }

    private int token(int at) {
        char c = sql.charAt(at);
        if (isIdentifierStart(c)) {
            return word(at, c);
        }
        if (isDigit(c) || (c == '.' && isDigit(peek(at + 1)))) {
            kind = TokenKind.NUMBER;
            return NumberLexer.end(sql, at);
        }
        if (isOperator(c)) {
            return operatorOrParameter(at);
        }
        return switch (c) {
            case '\'' -> string(at, at, false);
            case '"' -> quotedIdentifier(at, at);
            case '$' -> dollar(at);
            default -> punctuation(at, c);
        };
    }

    private int word(int at, char c) {
        char next = peek(at + 1);
        if (next == '\'') {
            switch (c) {
                case 'e', 'E' -> {
                    return string(at, at + 1, true);
                }
                case 'b', 'B', 'x', 'X', 'n', 'N' -> {
                    return string(at, at + 1, false);
                }
                default -> {}
            }
        } else if (next == '&' && (c == 'u' || c == 'U')) {
            char quote = peek(at + 2);
            if (quote == '\'') {
                return unicodeEscape(string(at, at + 2, false));
            }
            if (quote == '"') {
                return unicodeEscape(quotedIdentifier(at, at + 2));
            }
        }
        kind = TokenKind.WORD;
        int i = at + 1;
        while (i < length && isIdentifierPart(sql.charAt(i))) {
            i++;
        }
        return i;
    }

    private int punctuation(int at, char c) {
        kind = TokenKind.PUNCTUATION;
        char next = peek(at + 1);
        if (c == ':' && next == '=') {
            kind = TokenKind.OPERATOR;
            return at + 2;
        }
        return (c == ':' || c == '.') && next == c ? at + 2 : at + 1;
    }

    private int dollar(int at) {
        char next = peek(at + 1);
        if (isDigit(next)) {
            kind = TokenKind.DOLLAR_PARAMETER;
            int i = at + 2;
            while (isDigit(peek(i))) {
                i++;
            }
            if (i < length && isIdentifierStart(sql.charAt(i))) {
                throw error("trailing junk after parameter", at);
            }
            return i;
        }
        int tagEnd = dollarTagEnd(at);
        if (tagEnd == NONE) {
            kind = TokenKind.PUNCTUATION;
            return at + 1;
        }
        kind = TokenKind.STRING;
        int close = sql.indexOf(sql.substring(at, tagEnd), tagEnd);
        if (close < 0) {
            throw error("unterminated dollar-quoted string", at);
        }
        return close + tagEnd - at;
    }

    /** Behind the second dollar of {@code $tag$}; -1 when no tag is there. */
    private int dollarTagEnd(int at) {
        int i = at + 1;
        while (i < length && sql.charAt(i) != '$') {
            char c = sql.charAt(i);
            if (!(isIdentifierStart(c) || (isDigit(c) && i > at + 1))) {
                return NONE;
            }
            i++;
        }
        return i < length ? i + 1 : NONE;
    }

    private int operatorOrParameter(int at) {
        if (at < signsEnd) {
            kind = TokenKind.OPERATOR;
            return at + 1;
        }
        int i = at;
        int doubled = 0;
        boolean keepsSign = false;
        while (i < length) {
            char c = sql.charAt(i);
            if (c == '?' && peek(i + 1) == '?') {
                i += 2;
                doubled++;
                keepsSign = true;
            } else if (!isOperator(c) || (c == '?' && questionMarkIsParameter) || isCommentStart(i)) {
                break;
            } else {
                keepsSign |= Characters.keepsSign(c);
                i++;
            }
        }
        if (i == at) {
            kind = TokenKind.PARAMETER;
            return at + 1;
        }
        if (!keepsSign) {
            signsEnd = i;
            while (i > at + 1 && (sql.charAt(i - 1) == '+' || sql.charAt(i - 1) == '-')) {
                i--;
            }
        }
        if (i - at - doubled > MAX_OPERATOR_LENGTH) {
            throw error("operator too long", at);
        }
        kind = TokenKind.OPERATOR;
        return i;
    }

    private boolean isCommentStart(int at) {
        char c = sql.charAt(at);
        return (c == '-' && peek(at + 1) == '-') || (c == '/' && peek(at + 1) == '*');
    }

    private int quotedIdentifier(int at, int quote) {
        kind = TokenKind.QUOTED_IDENTIFIER;
        int i = quote + 1;
        while (true) {
            i = sql.indexOf('"', i);
            if (i < 0) {
                throw error("unterminated quoted identifier", at);
            }
            if (peek(i + 1) != '"') {
                break;
            }
            i += 2;
        }
        if (i == quote + 1) {
            throw error("zero-length delimited identifier", at);
        }
        return i + 1;
    }

    /** A literal that begins at {@code at} and whose quote is at {@code quote}, with its continuations. */
    private int string(int at, int quote, boolean backslashEscapes) {
        kind = TokenKind.STRING;
        // bit strings know no doubled quote
        boolean doubled = at == quote || "bBxX".indexOf(sql.charAt(at)) < 0;
        int open = quote;
        while (true) {
            int close = closingQuote(open, backslashEscapes, doubled);
            if (close == NONE) {
                throw error("unterminated quoted string", at);
            }
            int continuation = continuation(sql, close);
            if (continuation == NONE) {
                return close;
            }
            collectHints(close, continuation);
            open = continuation;
        }
    }

    private int closingQuote(int open, boolean backslashEscapes, boolean doubled) {
        int i = open + 1;
        while (i < length) {
            char c = sql.charAt(i);
            if (c == '\'') {
                if (!doubled || peek(i + 1) != '\'') {
                    return i + 1;
                }
                i += 2;
            } else {
                i += c == '\\' && backslashEscapes ? 2 : 1;
            }
        }
        return NONE;
    }

    /**
     * The quote that continues the literal which ended at {@code close}: only white space and line comments lie between,
     * with a line's end before anything but the first comment. -1 when the literal is not continued.
     */
    static int continuation(String sql, int close) {
        int i = close;
        boolean newline = false;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (isSpace(c)) {
                newline |= isNewline(c);
                i++;
            } else if (c == '-' && i + 1 < sql.length() && sql.charAt(i + 1) == '-') {
                i = lineEnd(sql, i);
            } else {
                return c == '\'' && newline ? i : NONE;
            }
        }
        return NONE;
    }

    /** Takes in {@code UESCAPE 'c'}, which belongs to the literal or identifier that ended at {@code at}. */
    private int unicodeEscape(int at) {
        TokenKind kindBefore = kind;
        int hintsBefore = hints.size();
        int word = skipBlank(at);
        if (!Characters.isWordAt(sql, word, "UESCAPE")
                || (word + 7 < length && isIdentifierPart(sql.charAt(word + 7)))) {
            // the blank is skipped again from the token's end, and its hints are found again
            while (hints.size() > hintsBefore) {
                hints.remove(hints.size() - 1);
            }
            return at;
        }
        int quote = skipBlank(word + 7);
        if (peek(quote) != '\'') {
            throw error("UESCAPE must be followed by a simple string literal", quote);
        }
        int end = string(quote, quote, false);
        kind = kindBefore;
        String escape = LiteralDecoder.decode(sql, quote, end);
        if (escape.length() != 1 || !LiteralDecoder.isUnicodeEscapeCharacter(escape.charAt(0))) {
            throw error("invalid Unicode escape character", quote);
        }
        return end;
    }

    /** Behind the white space and comments at {@code from}. */
    private int skipBlank(int from) {
        int i = from;
        while (i < length) {
            char c = sql.charAt(i);
            if (isSpace(c)) {
                i++;
            } else if (c == '-' && peek(i + 1) == '-') {
                int commentEnd = lineEnd(sql, i);
                collectHint(i, commentEnd);
                i = commentEnd;
            } else if (c == '/' && peek(i + 1) == '*') {
                int commentEnd = blockCommentEnd(i);
                collectHint(i, commentEnd);
                i = commentEnd;
            } else {
                break;
            }
        }
        return i;
    }

    private static int lineEnd(String sql, int at) {
        int i = at;
        while (i < sql.length() && !isNewline(sql.charAt(i))) {
            i++;
        }
        return i;
    }

    private int blockCommentEnd(int at) {
        int depth = 0;
        int i = at;
        while (i + 1 < length) {
            char c = sql.charAt(i);
            if (c == '/' && sql.charAt(i + 1) == '*') {
                depth++;
                i += 2;
            } else if (c == '*' && sql.charAt(i + 1) == '/') {
                depth--;
                i += 2;
                if (depth == 0) {
                    return i;
                }
            } else {
                i++;
            }
        }
        throw error("unterminated /* comment", at);
    }

    private void collectHints(int from, int to) {
        int i = from;
        while (i < to) {
            if (sql.charAt(i) == '-') {
                int commentEnd = lineEnd(sql, i);
                collectHint(i, commentEnd);
                i = commentEnd;
            } else {
                i++;
            }
        }
    }

    private void collectHint(int at, int commentEnd) {
        int behindMark = at + 2 + HINT_MARK.length();
        if (sql.regionMatches(true, at + 2, HINT_MARK, 0, HINT_MARK.length())
                && behindMark <= commentEnd
                && (behindMark == commentEnd || !isIdentifierPart(sql.charAt(behindMark)))) {
            hints.add(new int[] {at, commentEnd});
        }
    }

    private char peek(int at) {
        return at < length ? sql.charAt(at) : '\0';
    }

    private SqlSyntaxException error(String message, int at) {
        return new SqlSyntaxException(message, sql, at);
    }
}
