package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.Role;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryContainerLogs.Address;
import ch.sbb.esta.results.spi.ContainerLogs;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

class InMemoryContainerLogsTest extends ContainerLogsContract {

    private final InMemoryContainerLogs logs = new InMemoryContainerLogs(InstantSource.system());
    private final PodDriver driver = new Driver();

    @Override
    protected ContainerLogs logs() {
        return logs;
    }

    @Override
    protected PodDriver cluster() {
        return driver;
    }

    private final class Driver implements PodDriver {

        @Override
        public PodSnapshot create(String namespace, String name, String taskRunUid, List<String> containers) {
            PodSnapshot pod = new PodSnapshot(
                    namespace,
                    name,
                    UUID.randomUUID().toString(),
                    taskRunUid,
                    false,
                    containers.stream()
                            .map(c -> new PodSnapshot.Container(c, Role.STEP, State.WAITING, 0, null, null))
                            .toList());
            logs.addPod(pod);
            return pod;
        }

        @Override
        public void createForeign(String namespace, String name) {
            logs.addForeignPod(namespace, name);
        }

        @Override
        public void start(Container container) {
            logs.setState(address(container), State.RUNNING);
        }

        @Override
        public void write(Container container, Instant time, byte[] text) {
            int from = 0;
            for (int at = 0; at < text.length; at++) {
                if (text[at] == '\n' || at == text.length - 1) {
                    logs.appendPart(address(container), Arrays.copyOfRange(text, from, at + 1), time);
                    from = at + 1;
                }
            }
        }

        @Override
        public void terminate(Container container) {
            logs.setState(address(container), State.TERMINATED);
        }

        @Override
        public void delete(String namespace, String name) {
            logs.deletePod(namespace, name);
        }

        private Address address(Container container) {
            return new Address(container.namespace(), container.pod(), container.name());
        }
    }
}
