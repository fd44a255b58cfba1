package ch.sbb.esta.results.samples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** Archives the runs of the cluster that the environment names, for as long as it runs. */
@SpringBootApplication
@EnableConfigurationProperties(ResultsProperties.class)
public class ResultsApplication {

    /**
     * Starts the application.
     *
     * @param arguments properties, such as {@code --results.s3.bucket=tekton-logs}
     */
    public static void main(String[] arguments) {
        SpringApplication.run(ResultsApplication.class, arguments);
    }
}
