package io.pgplex.metadata.store.etcd;

import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchEvent;
import io.pgplex.metadata.store.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One watch of jetcd, which is given up at its first disturbance: jetcd would try to resume it, but sometimes ends for
 * good without saying so, and sometimes resumes past a backlog.
 */
final class EtcdWatch implements Watch, io.etcd.jetcd.Watch.Listener {

    private final WatchListener listener;
    private final Consumer<EtcdWatch> onEnd;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicReference<io.etcd.jetcd.Watch.Watcher> watcher = new AtomicReference<>();

    EtcdWatch(WatchListener listener, Consumer<EtcdWatch> onEnd) {
        this.listener = listener;
        this.onEnd = onEnd;
    }

    void start(io.etcd.jetcd.Watch client, String prefix, long fromRevision) {
        WatchOption option = WatchOption.builder()
                .isPrefix(true)
                .withRevision(fromRevision)
                .withRequireLeader(true)
                .build();
        watcher.set(client.watch(EtcdConnection.bytes(prefix), option, this));
        if (ended.get()) {
            closeWatcher(); // it ended before it was known here
        }
    }

    @Override
    public void onNext(WatchResponse response) {
        List<WatchEvent> events = new ArrayList<>(response.getEvents().size());
        for (io.etcd.jetcd.watch.WatchEvent event : response.getEvents()) {
            KeyValue pair = EtcdConnection.pair(event.getKeyValue());
            switch (event.getEventType()) {
                case PUT -> events.add(new WatchEvent.Put(pair));
                case DELETE -> events.add(new WatchEvent.Delete(pair.key(), pair.modRevision()));
                case UNRECOGNIZED -> {
                    onError(new IllegalStateException("unknown kind of event"));
                    return;
                }
            }
        }
        if (!events.isEmpty() && !ended.get()) {
            listener.changed(events);
        }
    }

    @Override
    public void onError(Throwable error) {
        end(EtcdConnection.translate(error));
    }

    @Override
    public void onCompleted() {
        end(new MetadataException(Kind.UNAVAILABLE, "etcd ended the watch"));
    }

    private void end(MetadataException reason) {
        if (ended.compareAndSet(false, true)) {
            onEnd.accept(this);
            closeWatcher();
            listener.lost(reason);
        }
    }

    @Override
    public void close() {
        if (ended.compareAndSet(false, true)) {
            onEnd.accept(this);
            closeWatcher();
        }
    }

    private void closeWatcher() {
        io.etcd.jetcd.Watch.Watcher toClose = watcher.getAndSet(null);
        if (toClose != null) {
            toClose.close();
        }
    }
}
