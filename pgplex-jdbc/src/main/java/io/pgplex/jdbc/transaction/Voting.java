package io.pgplex.jdbc.transaction;

/**
 * Hears when the participants of a commit prepare: the only part of a commit that may be cancelled, since nothing is decided
 * yet.
 */
public interface Voting {

    /** Nobody wants to know. */
    Voting UNHEARD = new Voting() {
        @Override
        public void begins() {}

        @Override
        public void ends() {}
    };

    /** Called before the first participant is asked to prepare. */
    void begins();

    /** Called when all have answered, before anything else is sent; whoever cancels is done with it when this returns. */
    void ends();
}
