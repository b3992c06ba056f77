package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.LiteralForm;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.schema.Column;

/** Reads what JSqlParser sees in a disguise, so that only the tokens know it: names and constants. */
final class NameReader {

    private final Cursor cursor;

    NameReader(Cursor cursor) {
        this.cursor = cursor;
    }

    /** A string, a number, a parameter, TRUE, FALSE or NULL. */
    Expr constant() {
        int token = cursor.at;
        if (cursor.atEnd()) {
            throw cursor.unknown();
        }
        cursor.at++;
        return switch (cursor.text.kind(token)) {
            case STRING -> string(token);
            case NUMBER -> literal(token, Expr.Literal.Kind.NUMBER, cursor.text.tokenText(token));
            case PARAMETER -> new Expr.Parameter(token, cursor.at, cursor.parameterNumber(token));
            case DOLLAR_PARAMETER -> literal(token, Expr.Literal.Kind.OTHER, "");
            case WORD -> word(token);
            case QUOTED_IDENTIFIER, OPERATOR, PUNCTUATION -> throw unknown(token);
        };
    }

    private Expr word(int token) {
        return switch (cursor.text.word(token)) {
            case "TRUE", "FALSE" -> literal(token, Expr.Literal.Kind.BOOLEAN, cursor.text.identifier(token));
            case "NULL" -> literal(token, Expr.Literal.Kind.NULL, "");
            default -> throw unknown(token);
        };
    }

    private Expr string(int token) {
        LiteralForm form = cursor.text.literalForm(token);
        boolean text = form != LiteralForm.BIT && form != LiteralForm.HEXADECIMAL && form != LiteralForm.NATIONAL;
        return literal(
                token, text ? Expr.Literal.Kind.STRING : Expr.Literal.Kind.OTHER, cursor.text.stringValue(token));
    }

    private Expr literal(int token, Expr.Literal.Kind kind, String value) {
        return new Expr.Literal(token, cursor.at, kind, value);
    }

    private UnknownSyntaxException unknown(int token) {
        cursor.at = token;
        return cursor.unknown();
    }

    /** A column; JSqlParser takes some functions without parentheses, long numbers and DEFAULT for one too. */
    Expr column(int start, Column tree) {
        String word = cursor.text.word(start);
        if (Keywords.VALUE_FUNCTIONS.contains(word)) {
            return valueFunction(start);
        }
        if (word.equals("DEFAULT")) {
            cursor.at++;
            return literal(start, Expr.Literal.Kind.OTHER, "");
        }
        if (cursor.text.hasKind(start, TokenKind.NUMBER)) {
            return constant();
        }
        List<String> names = new ArrayList<>(2);
        names.add(cursor.name());
        int parts = tree.getTable() == null || tree.getTable().getNameParts() == null
                ? 1
                : 1 + tree.getTable().getNameParts().size();
        while (names.size() < parts && cursor.accept('.')) {
            names.add(cursor.label());
        }
        return new Expr.Column(start, cursor.at, names, false);
    }

    /** {@code *} or {@code t.*}. */
    Expr star(int start) {
        List<String> names = new ArrayList<>(2);
        while (!cursor.acceptOperator("*")) {
            names.add(cursor.label());
            cursor.expect('.');
        }
        return new Expr.Column(start, cursor.at, names, true);
    }

    /** {@code current_timestamp}, {@code current_timestamp(3)}. */
    Expr valueFunction(int start) {
        if (!Keywords.VALUE_FUNCTIONS.contains(cursor.text.word(start))) {
            throw cursor.unknown();
        }
        String name = cursor.text.identifier(start);
        cursor.at++;
        List<Expr> arguments = List.of();
        if (isPrecision(cursor.at)) {
            cursor.expect('(');
            arguments = List.of(constant());
            cursor.expect(')');
        }
        return new Expr.Call(
                start, cursor.at, List.of(name), arguments, true, true, false, false, List.of(), List.of(), null, null);
    }

    /** Whether this is a value function, for which JSqlParser sees a call or a relation. */
    boolean atValueFunction() {
        return Keywords.VALUE_FUNCTIONS.contains(cursor.text.word(cursor.at))
                && (!cursor.text.isPunctuation(cursor.at + 1, '(') || isPrecision(cursor.at + 1));
    }

    private boolean isPrecision(int token) {
        return cursor.text.isPunctuation(token, '(') && cursor.text.hasKind(token + 1, TokenKind.NUMBER);
    }
}
