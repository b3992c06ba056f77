package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.FromItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a statement's names mean, all of it. Filled by {@link Resolver}, then read. */
public final class Resolution {

    private @Nullable ResolvedQuery query;
    private @Nullable ResolvedModification target;
    private final List<ResolvedModification> modifyingCtes = new ArrayList<>();
    private final List<RelationUse> uses = new ArrayList<>();
    private final List<Block> blocks = new ArrayList<>();
    private final Set<String> catalogs = new LinkedHashSet<>();
    private boolean catalogInView;
    private boolean unknownView;
    private final List<ViewUse> views = new ArrayList<>();
    private final IdentityHashMap<Object, Boolean> open = new IdentityHashMap<>();
    private final Set<Object> recursive = new HashSet<>();

    /** The SELECT. */
    public ResolvedQuery query() {
        return Objects.requireNonNull(query);
    }

    void query(ResolvedQuery top) {
        this.query = top;
    }

    /** The statement that writes. */
    public ResolvedModification target() {
        return Objects.requireNonNull(target);
    }

    public boolean isModification() {
        return target != null;
    }

    void target(ResolvedModification top) {
        this.target = top;
    }

    /** Resolves a CTE that nothing names: it does not run, but what it names must be there. */
    void unused(Runnable resolving) {
        int before = uses.size();
        resolving.run();
        uses.subList(before, uses.size()).removeIf(use -> use.kind() != RelationUse.Kind.LOCAL);
    }

    public List<ResolvedModification> modifyingCtes() {
        return modifyingCtes;
    }

    void modifyingCte(ResolvedModification modification) {
        modifyingCtes.add(modification);
    }

    /** Every use of a relation that is no subquery. */
    public List<RelationUse> uses() {
        return uses;
    }

    RelationUse use(RelationUse relation) {
        uses.add(relation);
        return relation;
    }

    public List<Block> blocks() {
        return blocks;
    }

    void block(Block block) {
        blocks.add(block);
    }

    /** The relations of pgplex itself that the text names. */
    public Set<String> catalogs() {
        return catalogs;
    }

    void catalog(String name, boolean ownText) {
        catalogs.add(name);
        catalogInView |= !ownText;
    }

    boolean hasCatalogInView() {
        return catalogInView;
    }

    void unknownView(Block block, FromItem.Relation item) {
        unknownView = true;
    }

    /** The views that the statement's own text names, in no particular order; one may be there several times. */
    public List<ViewUse> views() {
        return views;
    }

    void view(ViewUse use) {
        views.add(use);
    }

    /** Whether a view's definition could not be read. */
    public boolean hasUnknownView() {
        return unknownView;
    }

    void open(Object definition) {
        open.put(definition, true);
    }

    boolean isOpen(Object definition) {
        return open.containsKey(definition);
    }

    void selfReference(Object definition) {
        recursive.add(definition);
    }

    /** Whether the definition named itself meanwhile. */
    boolean close(Object definition) {
        open.remove(definition);
        return recursive.contains(definition);
    }

    public boolean hasDistributed() {
        return uses.stream().anyMatch(RelationUse::isDistributed) || unknownView;
    }

    public boolean hasReplicated() {
        return uses.stream().anyMatch(RelationUse::isReplicated);
    }

    public boolean hasLocal() {
        return uses.stream().anyMatch(use -> use.kind() == RelationUse.Kind.LOCAL);
    }
}
