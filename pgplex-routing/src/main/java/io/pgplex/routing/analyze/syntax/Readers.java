package io.pgplex.routing.analyze.syntax;

/** The readers of one statement, which call each other. Confined to one thread. */
final class Readers {

    private final Cursor cursor;
    private final ExpressionReader expressions;
    private final OperatorReader operators;
    private final PredicateReader predicates;
    private final PrimaryReader primaries;
    private final NameReader names;
    private final CallReader calls;
    private final WindowReader windows;
    private final QueryReader queries;
    private final SelectReader selects;
    private final GroupReader groups;
    private final FromReader relations;
    private final ModificationReader modifications;

    Readers(Cursor cursor) {
        this.cursor = cursor;
        this.expressions = new ExpressionReader(this);
        this.operators = new OperatorReader(this);
        this.predicates = new PredicateReader(this);
        this.primaries = new PrimaryReader(this);
        this.names = new NameReader(cursor);
        this.calls = new CallReader(this);
        this.windows = new WindowReader(this);
        this.queries = new QueryReader(this);
        this.selects = new SelectReader(this);
        this.groups = new GroupReader(this);
        this.relations = new FromReader(this);
        this.modifications = new ModificationReader(this);
    }

    Cursor cursor() {
        return cursor;
    }

    ExpressionReader expressions() {
        return expressions;
    }

    OperatorReader operators() {
        return operators;
    }

    PredicateReader predicates() {
        return predicates;
    }

    PrimaryReader primaries() {
        return primaries;
    }

    NameReader names() {
        return names;
    }

    CallReader calls() {
        return calls;
    }

    WindowReader windows() {
        return windows;
    }

    QueryReader queries() {
        return queries;
    }

    SelectReader selects() {
        return selects;
    }

    GroupReader groups() {
        return groups;
    }

    FromReader relations() {
        return relations;
    }

    ModificationReader modifications() {
        return modifications;
    }
}
