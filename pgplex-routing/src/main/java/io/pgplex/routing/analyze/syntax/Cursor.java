package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;

/** A place among a statement's tokens that moves on. Confined to one thread. */
final class Cursor {

    /** Deepest nesting of what is read. */
    private static final int MAX_DEPTH = 700;

    /**
     * Most operators, tests and the like that follow each other without brackets: each makes the tree deeper on its left. Some
     * of what is done with such a chain takes time in the square of its length.
     */
    private static final int MAX_CHAIN = 5000;

    final ScannedStatement text;
    int at;
    private int end;
    private int depth;
    private final int[] parameterNumbers;

    Cursor(ScannedStatement text) {
        this.text = text;
        this.end = text.tokenCount();
        this.parameterNumbers = new int[end];
        int parameters = 0;
        for (int i = 0; i < end; i++) {
            parameterNumbers[i] = parameters;
            if (text.kind(i) == TokenKind.PARAMETER) {
                parameters++;
            }
        }
    }

    boolean atEnd() {
        return at >= end;
    }

    int parameterNumber(int token) {
        return parameterNumbers[token];
    }

    boolean is(String... upperWords) {
        return text.is(at, upperWords);
    }

    boolean isSequence(String... upperWords) {
        return text.isSequence(at, upperWords);
    }

    boolean isPunctuation(char c) {
        return text.isPunctuation(at, c);
    }

    boolean accept(String upperWord) {
        if (text.is(at, upperWord)) {
            at++;
            return true;
        }
        return false;
    }

    boolean acceptSequence(String... upperWords) {
        if (text.isSequence(at, upperWords)) {
            at += upperWords.length;
            return true;
        }
        return false;
    }

    boolean accept(char punctuation) {
        if (text.isPunctuation(at, punctuation)) {
            at++;
            return true;
        }
        return false;
    }

    boolean acceptOperator(String operator) {
        if (text.isOperator(at, operator)) {
            at++;
            return true;
        }
        return false;
    }

    void expect(String upperWord) {
        if (!accept(upperWord)) {
            throw unknown();
        }
    }

    void expect(char punctuation) {
        if (!accept(punctuation)) {
            throw unknown();
        }
    }

    /** Whether a name of a relation or column may stand here. */
    boolean atName() {
        if (text.hasKind(at, TokenKind.QUOTED_IDENTIFIER)) {
            return true;
        }
        String word = text.word(at);
        return !word.isEmpty() && !Keywords.RESERVED.contains(word) && !Keywords.FUNCTION_OR_TYPE.contains(word);
    }

    String name() {
        if (!atName()) {
            throw unknown();
        }
        return text.identifier(at++);
    }

    /** A name after a dot or AS, where every word will do. */
    String label() {
        if (!text.isName(at)) {
            throw unknown();
        }
        return text.identifier(at++);
    }

    /** {@code a.b.c}. */
    List<String> qualifiedName() {
        List<String> names = new ArrayList<>(2);
        names.add(name());
        while (accept('.')) {
            names.add(label());
        }
        return names;
    }

    /** {@code (a, b, c)}. */
    List<String> nameList() {
        List<String> names = new ArrayList<>();
        expect('(');
        do {
            names.add(name());
        } while (accept(','));
        expect(')');
        return names;
    }

    /** Goes behind the bracket that closes the one here. */
    void skipParentheses() {
        int close = at < end ? text.matching(at) : -1;
        if (close < at) {
            throw unknown();
        }
        at = close + 1;
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw tooComplex();
        }
    }

    /** Counts the links of a chain. */
    void link(int links) {
        if (links > MAX_CHAIN) {
            throw tooComplex();
        }
    }

    void leave() {
        depth--;
    }

    UnknownSyntaxException unknown() {
        return new UnknownSyntaxException(offset(), false);
    }

    private UnknownSyntaxException tooComplex() {
        return new UnknownSyntaxException(offset(), true);
    }

    private int offset() {
        return at < end ? text.begin(at) : text.text().length();
    }
}
