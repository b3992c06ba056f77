package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.jdbc.cluster.Definition.Verb;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a definition's tokens as far as its place needs it: subject and names, after PostgreSQL's grammar (gram.y).
 * What it does not know it leaves to the server. Confined to a thread; one for each statement.
 */
final class DefinitionReader {

    /** The driver's own schema, as quoted SQL. */
    static final String PGPLEX = "\"pgplex\"";

    private final ScannedStatement tokens;
    private final List<String> relations = new ArrayList<>();
    private final List<Trait> traits = new ArrayList<>();
    private String object = "";
    private int at;

    private DefinitionReader(ScannedStatement tokens) {
        this.tokens = tokens;
    }

    static Definition read(ScannedStatement statement) {
        return new DefinitionReader(statement).definition();
    }

    private Definition definition() {
        Verb verb = verb();
        Subject subject =
                switch (verb) {
                    case CREATE -> create();
                    case ALTER, DROP -> alterOrDrop(verb == Verb.DROP);
                    case COMMENT, SECURITY -> comment();
                    case GRANT, REVOKE -> grant();
                    case TRUNCATE, LOCK -> tableList();
                    case VACUUM, ANALYZE -> maintained();
                    case CLUSTER -> cluster();
                    case REINDEX -> reindex();
                    case REFRESH -> refresh();
                    case IMPORT -> Subject.HOME;
                    case REASSIGN, OTHER -> Subject.EVERYWHERE;
                };
        if (lastIndexOf("CASCADE") > 0) {
            traits.add(Trait.CASCADE);
        }
        return new Definition(verb, subject, relations, object, traits);
    }

    private Verb verb() {
        String word = tokens.word(at++);
        for (Verb verb : Verb.values()) {
            if (verb.name().equals(word)) {
                return verb;
            }
        }
        return word.equals("ANALYSE") ? Verb.ANALYZE : Verb.OTHER;
    }

    private Subject create() {
        boolean modifiers = true;
        while (modifiers) {
            if (skip("OR", "REPLACE")) {
                traits.add(Trait.OR_REPLACE);
            } else if (skip("TEMP") || skip("TEMPORARY")) {
                traits.add(Trait.TEMPORARY);
            } else if (skip("UNIQUE")) {
                traits.add(Trait.UNIQUE);
            } else {
                modifiers =
                        skip("GLOBAL") || skip("LOCAL") || skip("UNLOGGED") || skip("RECURSIVE") || skip("CONSTRAINT");
            }
        }
        Subject subject = subject();
        if (skip("CONCURRENTLY")) {
            traits.add(Trait.CONCURRENTLY);
        }
        if (skip("IF", "NOT", "EXISTS")) {
            traits.add(Trait.IF_NOT_EXISTS);
        }
        switch (subject) {
            case TABLE -> created();
            case INDEX, STATISTICS -> {
                String target = subject == Subject.INDEX ? "ON" : "FROM";
                if (!tokens.is(at, "ON", "FROM") && tokens.isName(at)) {
                    object = name();
                }
                relationAfter(target);
            }
            case RULE -> relationAfter("TO");
            case SCHEMA -> {
                schemaNames();
                if (lastIndexOf("CREATE") > 0 || lastIndexOf("GRANT") > 0) {
                    traits.add(Trait.ELEMENTS);
                }
            }
            case VIEW, MATERIALIZED_VIEW, FOREIGN_TABLE, SEQUENCE -> object = name();
            default -> {}
        }
        return subject;
    }

    /** A table, or one of the things that are made ON a table. */
    private void created() {
        if (tokens.is(at - 1, "TRIGGER", "POLICY")) {
            at++;
            relationAfter("ON");
        } else {
            object = name();
        }
    }

    /** Reads what kind of thing follows. */
    private Subject subject() {
        if (skip("MATERIALIZED", "VIEW")) {
            return Subject.MATERIALIZED_VIEW;
        }
        if (skip("FOREIGN", "TABLE")) {
            return Subject.FOREIGN_TABLE;
        }
        if (tokens.isSequence(at, "USER", "MAPPING") || tokens.isSequence(at, "EVENT", "TRIGGER")) {
            at += 2;
            return Subject.EVERYWHERE;
        }
        String word = tokens.word(at++);
        return switch (word) {
            case "TABLE", "TRIGGER", "POLICY", "COLUMN" -> Subject.TABLE;
            case "INDEX" -> Subject.INDEX;
            case "VIEW" -> Subject.VIEW;
            case "SEQUENCE" -> Subject.SEQUENCE;
            case "STATISTICS" -> Subject.STATISTICS;
            case "RULE" -> Subject.RULE;
            case "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE" -> Subject.ROUTINE;
            case "ROLE", "USER", "GROUP" -> Subject.ROLE;
            case "SCHEMA" -> Subject.SCHEMA;
            case "DATABASE" -> Subject.DATABASE;
            case "TABLESPACE", "SYSTEM", "PUBLICATION", "SUBSCRIPTION" -> Subject.SERVER;
            case "LARGE" -> Subject.HOME;
            default -> Subject.EVERYWHERE;
        };
    }

    private Subject alterOrDrop(boolean drop) {
        Subject subject = subject();
        boolean onTable = tokens.is(at - 1, "TRIGGER", "POLICY", "RULE");
        if (skip("CONCURRENTLY")) {
            traits.add(Trait.CONCURRENTLY);
        }
        skip("IF", "EXISTS");
        if (onTable && subject != Subject.EVERYWHERE) {
            at++;
            relationAfter("ON");
            return Subject.TABLE;
        }
        switch (subject) {
            case TABLE, INDEX, VIEW, MATERIALIZED_VIEW, FOREIGN_TABLE, SEQUENCE -> {
                if (!drop && tokens.isSequence(at, "ALL", "IN", "TABLESPACE")) {
                    return Subject.SERVER;
                }
                names();
                if (!drop && tokens.isSequence(at, "DETACH", "PARTITION") && lastIndexOf("CONCURRENTLY") > at) {
                    traits.add(Trait.CONCURRENTLY);
                }
            }
            case STATISTICS -> object = name();
            case SCHEMA -> schemaNames();
            default -> {}
        }
        return subject;
    }

    /** Of several schemas the object is pgplex, where it is one of them: the others do not matter. */
    private void schemaNames() {
        do {
            if (tokens.isName(at) && !tokens.is(at, "AUTHORIZATION")) {
                String name = name();
                object = object.isEmpty() || name.equals(PGPLEX) ? name : object;
            }
        } while (tokens.isPunctuation(at, ',') && at++ > 0);
    }

    private Subject comment() {
        int on = indexOf("ON", at);
        at = on < 0 ? tokens.tokenCount() : on + 1;
        if (skip("COLUMN")) {
            relations.add(qualifierOf(at));
            return Subject.TABLE;
        }
        if (tokens.isSequence(at, "OPERATOR") || tokens.isSequence(at, "ACCESS", "METHOD")) {
            return Subject.EVERYWHERE;
        }
        boolean onTable =
                tokens.is(at, "TRIGGER", "POLICY", "RULE", "CONSTRAINT") && !tokens.isPunctuation(at + 1, '.');
        if (onTable) {
            at += 2;
            if (!tokens.isSequence(at, "ON", "DOMAIN")) {
                relationAfter("ON");
                return Subject.TABLE;
            }
            return Subject.EVERYWHERE;
        }
        Subject subject = subject();
        switch (subject) {
            case TABLE, INDEX, VIEW, MATERIALIZED_VIEW, FOREIGN_TABLE, SEQUENCE -> relations.add(name());
            case STATISTICS -> object = name();
            default -> {}
        }
        return subject;
    }

    private Subject grant() {
        int on = indexOf("ON", at);
        if (on < 0) {
            return Subject.ROLE;
        }
        at = on + 1;
        if (tokens.is(at, "ALL")) {
            return Subject.EVERYWHERE;
        }
        boolean keyword = tokens.isName(at + 1) && !tokens.is(at + 1, "TO", "FROM");
        if (!keyword || tokens.is(at, "TABLE")) {
            at += keyword ? 1 : 0;
            names();
            return Subject.TABLE;
        }
        Subject subject = subject();
        if (subject == Subject.SEQUENCE) {
            names();
        }
        // what is granted on a tablespace or a schema is granted everywhere
        return subject == Subject.SERVER || subject == Subject.SCHEMA ? Subject.EVERYWHERE : subject;
    }

    private Subject tableList() {
        skip("TABLE");
        names();
        return Subject.TABLE;
    }

    private Subject maintained() {
        if (tokens.isPunctuation(at, '(')) {
            skipParentheses();
        }
        while (skip("FULL") || skip("FREEZE") || skip("VERBOSE") || skip("ANALYZE") || skip("ANALYSE")) {
            // old spelling of the options
        }
        if (tokens.isName(at)) {
            names();
        }
        return Subject.TABLE;
    }

    private Subject cluster() {
        if (tokens.isPunctuation(at, '(')) {
            skipParentheses();
        }
        skip("VERBOSE");
        if (tokens.isName(at)) {
            int on = indexOf("ON", at);
            at = on < 0 ? at : on + 1;
            relations.add(name());
        }
        return Subject.TABLE;
    }

    private Subject reindex() {
        if (tokens.isPunctuation(at, '(')) {
            if (indexOf("CONCURRENTLY", at + 1, tokens.matching(at)) > 0) {
                traits.add(Trait.CONCURRENTLY);
            }
            skipParentheses();
        }
        Subject subject = subject();
        if (skip("CONCURRENTLY")) {
            traits.add(Trait.CONCURRENTLY);
        }
        if (subject == Subject.TABLE || subject == Subject.INDEX) {
            relations.add(name());
            return subject;
        }
        return subject == Subject.DATABASE ? subject : Subject.SCHEMA;
    }

    private Subject refresh() {
        return Subject.MATERIALIZED_VIEW;
    }

    private void relationAfter(String word) {
        int found = indexOf(word, at);
        if (found >= 0) {
            at = found + 1;
            skip("ONLY");
            relations.add(name());
        }
    }

    /** Names with commas between them, each perhaps with ONLY before, and with a star or a column list behind. */
    private void names() {
        do {
            if (!tokens.isPunctuation(at + 1, '.')) {
                skip("ONLY");
            }
            boolean parentheses = tokens.isPunctuation(at, '(');
            at += parentheses ? 1 : 0;
            if (!tokens.isName(at)) {
                return;
            }
            relations.add(name());
            at += parentheses ? 1 : 0;
            if (tokens.isOperator(at, "*")) {
                at++;
            }
            if (tokens.isPunctuation(at, '(')) {
                skipParentheses();
            }
        } while (tokens.isPunctuation(at, ',') && at++ > 0);
    }

    /** A name with up to three parts, of which a database's is left out. */
    private String name() {
        List<String> parts = new ArrayList<>();
        while (tokens.isName(at)) {
            parts.add(TableName.quote(tokens.identifier(at++)));
            if (!tokens.isPunctuation(at, '.')) {
                break;
            }
            at++;
        }
        int from = Math.max(0, parts.size() - 2);
        return String.join(".", parts.subList(from, parts.size()));
    }

    /** The relation in a column's name. */
    private String qualifierOf(int index) {
        List<String> parts = new ArrayList<>();
        int i = index;
        while (tokens.isName(i)) {
            parts.add(TableName.quote(tokens.identifier(i)));
            if (!tokens.isPunctuation(i + 1, '.')) {
                break;
            }
            i += 2;
        }
        int to = Math.max(0, parts.size() - 1);
        return String.join(".", parts.subList(Math.max(0, to - 2), to));
    }

    private boolean skip(String... words) {
        if (tokens.isSequence(at, words)) {
            at += words.length;
            return true;
        }
        return false;
    }

    private void skipParentheses() {
        int close = tokens.matching(at);
        at = close < 0 ? tokens.tokenCount() : close + 1;
    }

    private int indexOf(String word, int from) {
        return indexOf(word, from, tokens.tokenCount());
    }

    /** The first such word outside parentheses, or -1. */
    private int indexOf(String word, int from, int to) {
        for (int i = from; i < to; i++) {
            if (tokens.isPunctuation(i, '(') && tokens.matching(i) > i) {
                i = tokens.matching(i);
            } else if (tokens.is(i, word)) {
                return i;
            }
        }
        return -1;
    }

    private int lastIndexOf(String word) {
        for (int i = tokens.tokenCount() - 1; i > 0; i--) {
            if (tokens.is(i, word)) {
                return i;
            }
        }
        return -1;
    }
}
