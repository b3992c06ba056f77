package io.pgplex.routing.plan.move;

import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import org.jspecify.annotations.Nullable;

/** How a part of a statement that runs by itself is planned. */
interface Sources {

    /**
     * The plan of a part, which may need rows to travel itself; null when it is refused.
     *
     * @param planning what names mean in it
     */
    Plan.@Nullable Sharded plan(Fragment part, Planning planning);
}
