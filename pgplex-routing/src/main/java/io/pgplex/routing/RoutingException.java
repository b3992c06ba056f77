package io.pgplex.routing;

import io.pgplex.routing.plan.Refusal;

/** A statement that cannot be planned. */
public final class RoutingException extends RuntimeException {

    private final transient Refusal refusal;

    public RoutingException(Refusal refusal) {
        super(refusal.message());
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }
}
