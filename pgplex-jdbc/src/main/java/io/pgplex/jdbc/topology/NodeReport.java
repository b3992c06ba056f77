package io.pgplex.jdbc.topology;

/**
 * What a look at a node saw. Immutable.
 *
 * @param standby whether it is in recovery, and so takes no writes
 * @param timeline the timeline that a primary writes; of a standby the highest that the role may know of, which may be lower
 *     than that which it replays until its next restartpoint
 * @param position the position in the WAL, in bytes from its beginning, up to which a primary has written and a standby has
 *     replayed
 * @param receivedPosition up to which a standby has received the WAL, which it will replay before it can be promoted; a
 *     primary's own position
 * @param lagMillis how old the newest transaction is that a standby has replayed, or for how long it has run where it has
 *     replayed none; 0 for a primary, and for a standby that is connected to its primary and has replayed all that it
 *     received. Both machines' clocks go into it
 * @param epoch the epoch that the server admits clients at; 0 where it keeps none
 * @param fenced whether it was told to take no more writes, by pgplex's fence; where the server
 *     keeps no epoch, a primary whose transactions are read-only by default
 * @param connections open connections, of all databases and roles
 * @param connectionLimit how many there may be of ordinary roles
 */
public record NodeReport(
        boolean standby,
        int timeline,
        long position,
        long receivedPosition,
        long lagMillis,
        long epoch,
        boolean fenced,
        int connections,
        int connectionLimit) {}
