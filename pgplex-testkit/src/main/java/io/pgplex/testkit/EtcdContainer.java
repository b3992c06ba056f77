package io.pgplex.testkit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** An etcd in a Docker container; Testcontainers removes the container when this JVM is gone. */
final class EtcdContainer implements EtcdServer {
    private static final DockerImageName IMAGE = DockerImageName.parse("quay.io/coreos/etcd:v3.5.21");
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String NAME = "testkit";
    private static final int PEER_PORT = 2380;

    private final GenericContainer<?> container;
    private final int port;

    private EtcdContainer(GenericContainer<?> container, int port) {
        this.container = container;
        this.port = port;
    }

    /** Starts a container whose etcd has the same port inside and outside, so that a restart keeps it. */
    static EtcdServer launch() {
        int port = Ports.free();
        List<String> command = new ArrayList<>(List.of("/usr/local/bin/etcd"));
        command.addAll(EtcdProcess.options(NAME, "/etcd-data", "0.0.0.0", port, PEER_PORT, Map.of(NAME, PEER_PORT)));
        GenericContainer<?> container = new GenericContainer<>(IMAGE)
                .withExposedPorts(port)
                .withCommand(command.toArray(String[]::new))
                .withCreateContainerCmdModifier(create -> create.withHostConfig(HostConfig.newHostConfig()
                        .withPortBindings(PortBinding.parse("127.0.0.1:" + port + ":" + port))));
        container.start();
        EtcdContainer etcd = new EtcdContainer(container, port);
        try {
            etcd.awaitHealth();
            return etcd;
        } catch (RuntimeException e) {
            etcd.close();
            throw e;
        }
    }

    private void awaitHealth() {
        Waiting.until(
                () -> EtcdHealth.isGood(endpoint()),
                START_LIMIT,
                () -> "etcd did not start in its container\n" + container.getLogs());
    }

    private DockerClient docker() {
        return container.getDockerClient();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public boolean isRunning() {
        return Boolean.TRUE.equals(docker().inspectContainerCmd(container.getContainerId())
                .exec()
                .getState()
                .getRunning());
    }

    @Override
    public void start() {
        docker().startContainerCmd(container.getContainerId()).exec();
        awaitHealth();
    }

    @Override
    public void stop() {
        docker().stopContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void kill() {
        docker().killContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void pause() {
        docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void resume() {
        docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void close() {
        container.stop();
    }

    @Override
    public String toString() {
        return "etcd in Docker (" + endpoint() + ")";
    }
}
