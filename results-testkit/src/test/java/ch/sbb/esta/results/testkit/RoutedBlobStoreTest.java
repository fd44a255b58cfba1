package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.BlobRoutes;
import ch.sbb.esta.results.logs.RoutedBlobStore;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every namespace in one of three stores, by its hash. */
class RoutedBlobStoreTest extends BlobStoreContract {

    private static final Content ONE = Content.of(new byte[] {1});

    private final InMemoryBlobStore shop = new InMemoryBlobStore();
    private final InMemoryBlobStore others = new InMemoryBlobStore();
    private final RoutedBlobStore routed = new RoutedBlobStore(BlobRoutes.of(Map.of("shop", shop), others));

    @Override
    protected BlobStore newStore() {
        List<BlobStore> stores =
                Stream.<BlobStore>generate(InMemoryBlobStore::new).limit(3).toList();
        return new RoutedBlobStore(new BlobRoutes() {
            @Override
            public BlobStore storeOf(String namespace) {
                return stores.get(Math.floorMod(namespace.hashCode(), stores.size()));
            }

            @Override
            public Collection<BlobStore> stores() {
                return stores;
            }
        });
    }

    private static List<String> keys(BlobStore store, String prefix) {
        List<String> keys = new ArrayList<>();
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<Blob> page = store.list(prefix, after.get());
            page.items().forEach(blob -> keys.add(blob.key()));
            after = page.nextPageToken();
        }
        return keys;
    }

    @Test
    void aBlobGoesToTheStoreOfItsNamespaceUnderTheSameKey() {
        routed.putIfAbsent("shop/a", ONE);
        routed.putIfAbsent("shop2/a", ONE);
        routed.putIfAbsent("shop", ONE);

        assertThat(keys(shop, "")).containsExactly("shop", "shop/a");
        assertThat(keys(others, "")).containsExactly("shop2/a");
        assertThat(keys(routed, "")).containsExactly("shop", "shop/a", "shop2/a");
        assertThat(keys(routed, "shop/")).containsExactly("shop/a");
    }

    @Test
    void whatAStoreHasOfAnotherNamespaceIsNotShown() {
        others.putIfAbsent("shop/left", ONE);
        shop.putIfAbsent("bank/foreign", ONE);
        routed.putIfAbsent("bank/a", ONE);

        assertThat(keys(routed, "")).containsExactly("bank/a");
        assertThat(keys(routed, "shop/")).isEmpty();
        assertThat(routed.find("shop/left")).isEmpty();
        assertThat(routed.find("bank/foreign")).isEmpty();
        routed.delete("shop/left");
        assertThat(others.find("shop/left")).isPresent();
    }

    @Test
    void namespacesWithoutAStoreAreRefusedAndPassedOverInLists() {
        BlobStore strict = new RoutedBlobStore(new BlobRoutes() {
            @Override
            public BlobStore storeOf(String namespace) {
                if (!namespace.equals("shop")) {
                    throw new ResultsException(Code.DENIED, "no store for " + namespace);
                }
                return shop;
            }

            @Override
            public Collection<BlobStore> stores() {
                return List.of(shop);
            }
        });
        shop.putIfAbsent("bank/a", ONE);
        strict.putIfAbsent("shop/a", ONE);

        assertThat(keys(strict, "")).containsExactly("shop/a");
        assertThatThrownBy(() -> strict.putIfAbsent("bank/b", ONE))
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.DENIED);
        assertThatThrownBy(() -> strict.list("bank/", "")).isInstanceOf(ResultsException.class);
    }

    @Test
    void pagesOverAllNamespacesMissNothingAndRepeatNothing() {
        for (int i = 0; i < 2_500; i++) {
            routed.putIfAbsent((i % 3 == 0 ? "shop/" : "n" + i % 7 + "/") + i, ONE);
        }
        assertThat(routed.list("", "").items()).hasSize(1_000);
        assertThat(keys(routed, "")).hasSize(2_500).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aLinkToAStoreWithoutLinksIsInvalid() {
        assertThatThrownBy(() -> routed.link("shop/a", Duration.ofHours(1)))
                .hasMessageContaining("\"shop\" makes no links")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }
}
