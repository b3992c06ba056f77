package io.pgplex.metadata.store;

import java.util.List;

/** What a watch tells. Must not block for long: later events wait. */
public interface WatchListener {

    /**
     * Keys changed.
     *
     * @param events ordered by revision, never empty; all events of a revision come in one call
     */
    void changed(List<WatchEvent> events);

    /**
     * The watch has ended by itself and gives no more events: read again and watch from there. Called at most once.
     */
    void lost(MetadataException reason);
}
