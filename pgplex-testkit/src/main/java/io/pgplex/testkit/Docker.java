package io.pgplex.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.testcontainers.DockerClientFactory;

/** Whether containers can be had; asked cheaply first, since Testcontainers takes five seconds to say no. */
final class Docker {
    private Docker() {}

    static boolean isAvailable(List<String> reasons) {
        if (!hasTraceOfDaemon()) {
            reasons.add("there is no Docker");
            return false;
        }
        if (!hasTestcontainers()) {
            reasons.add("there is a Docker, but Testcontainers is not on the classpath");
            return false;
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            reasons.add("Docker does not answer");
            return false;
        }
        return true;
    }

    private static boolean hasTraceOfDaemon() {
        Path home = Path.of(System.getProperty("user.home", "/"));
        return System.getenv("DOCKER_HOST") != null
                || Files.exists(Path.of("/var/run/docker.sock"))
                || Files.exists(home.resolve(".docker/run/docker.sock"))
                || Files.exists(home.resolve(".testcontainers.properties"));
    }

    private static boolean hasTestcontainers() {
        try {
            Class.forName("org.testcontainers.DockerClientFactory", false, Docker.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
