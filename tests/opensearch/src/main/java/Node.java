import java.nio.file.Path;
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.common.settings.Settings;

/**
 * Starts one OpenSearch node in this JVM: {@code java -cp … Node FOLDER PORT}. It ends
 * when its standard input does, so that it never outlives the tests that started it.
 */
public final class Node {
    private Node() {}

    public static void main(final String[] args) throws Exception {
        final Path folder = Path.of(args[0]);
        final String port = args[1];
        final OpenSearchRunner runner = new OpenSearchRunner();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
        runner.onBuild((number, settings) -> configure(settings, port))
                .build(OpenSearchRunner.newConfigs()
                        .basePath(folder.toString())
                        .clusterName("congvan-tests")
                        .numOfNode(1)
                        .useLogger());
        runner.ensureYellow();
        while (System.in.read() >= 0) {
            // whoever started this is still there
        }
        System.exit(0);
    }

    private static void configure(final Settings.Builder settings, final String port) {
        settings.put("http.port", port);
        settings.put("network.host", "127.0.0.1");
        settings.put("discovery.type", "single-node");
        settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
    }

    private static void close(final OpenSearchRunner runner) {
        try {
            runner.close();
        } catch (final Exception error) {
            System.err.println("the node did not close: " + error);
        }
    }
}
