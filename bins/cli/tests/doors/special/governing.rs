//! Whose policy governs an image.

use super::Special;
use crate::cases::Setting;
use crate::scheme::{Matter, Scheme};
use crate::world::secret;

impl<'w> Special<'w> {
    /// Policies of the namespace stand in the place of those of the cluster.
    pub(super) fn of_the_namespace(&mut self) {
        let host = self.world.registry.address();
        self.own("own", "lax", "simple-enforce/*", "unchecked: true");
        let strict = self
            .world
            .demand(Scheme::Notation, &[])
            .replace(", namespace: trust", "");
        self.own("own", "strict", "simple-warn/*", &strict);
        let elsewhere = self.simple();
        self.own("own", "reaching", "unchecked/*", &elsewhere);
        self.documents.push(secret(
            "own",
            "root",
            "root.crt",
            &self.world.signers.root.pem(),
        ));
        for path in [
            "simple-enforce/right:1",
            "simple-enforce/unsigned:1",
            "simple-enforce/broken:1",
            "simple-warn/right:1",
            "unchecked/right:1",
            "notation-enforce/right:1",
        ] {
            self.case("its own policies", "own", format!("{host}/{path}"));
        }
    }

    /// Policies in the groups of Portieris.
    pub(super) fn of_portieris(&mut self) {
        let host = self.world.registry.address();
        let simple = self.simple().replace(", keySecretNamespace: trust", "");
        let trust = format!(
            "trust: {{enabled: true, trustServer: '{}'}}",
            self.world.trust.url()
        );
        for (group, namespace) in [
            ("portieris.cloud.ibm.com/v1", "old"),
            (
                "securityenforcement.admission.cloud.ibm.com/v1beta1",
                "older",
            ),
        ] {
            let entries: Vec<String> = [
                ("unchecked", ""),
                ("simple-enforce", &simple),
                ("notary-enforce", &trust),
                (
                    "simple-warn",
                    "simple: {requirements: [{type: insecureAcceptAnything}]}",
                ),
            ]
            .iter()
            .map(|(path, body)| format!("{{name: '{host}/{path}/*', policy: {{{body}}}}}"))
            .collect();
            self.documents.push(format!(
                "apiVersion: {group}\nkind: ImagePolicy\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {{repositories: \
                 [{}]}}\n",
                entries.join(", ")
            ));
            let key = self.world.signers.openpgp.public_key_armored();
            self.documents
                .push(secret(namespace, "release", "key", &key));
            for path in [
                "unchecked/right:1",
                "simple-enforce/right:1",
                "simple-enforce/stranger:1",
                "notary-enforce/right:1",
                "simple-warn/unsigned:1",
                "nobody/right:1",
            ] {
                self.case(group, namespace, format!("{host}/{path}"));
            }
        }
    }

    /// What the cluster demands at least.
    pub(super) fn floors(&mut self) {
        let simple = self.simple();
        self.cluster("floor", "floor: true, ", "floored/*", "", &simple);
        self.cluster("above", "", "floored/*", "", "unchecked: true");
        let lenient = format!("mode: warn, {simple}");
        self.cluster("warning-floor", "floor: true, ", "softly/*", "", &lenient);
        self.cluster("reject-above", "", "softly/unsigned", "", "unchecked: true");
        self.own("own", "unfloored", "floored/*", "unchecked: true");
        for matter in [Matter::Right, Matter::Unsigned, Matter::Misnamed] {
            let image = self.push(matter, "floored");
            for namespace in ["shop", "own"] {
                self.both("floor", namespace, &image);
            }
            let (image, _) = self.push(matter, "softly");
            self.case("floor that warns", "shop", format!("{image}:1"))
                .setting = Setting::Warn;
        }
    }

    /// Policies for some.
    pub(super) fn selected(&mut self) {
        let simple = self.simple();
        let prod = "namespaceSelector: {matchLabels: {env: prod}}, ";
        self.cluster("prod", prod, "selected/*", "", &simple);
        self.cluster("everybody", "", "selected/right", "", "unchecked: true");
        self.cluster(
            "robots",
            "serviceAccounts: [shop/robot], ",
            "robots/*",
            "",
            &simple,
        );
        self.cluster("no-robots", "", "robots/unsigned", "", "unchecked: true");
        self.account("shop", "robot", None);
        let front = "objectSelector: {matchLabels: {tier: front}}, ";
        self.cluster("front", front, "tiered/*", "", &simple);
        self.cluster("all-tiers", "", "tiered/*", "", "unchecked: true");
        for matter in [Matter::Right, Matter::Unsigned] {
            let image = self.push(matter, "selected");
            for namespace in ["shop", "prod", "lost"] {
                self.both("by namespace", namespace, &image);
            }
            let image = self.push(matter, "robots");
            for account in ["robot", "default"] {
                for image in [format!("{}:1", image.0), format!("{}@{}", image.0, image.1)] {
                    let case = self.case("by service account", "shop", image);
                    case.account = account;
                }
            }
            let image = self.push(matter, "tiered");
            for tier in ["front", "back"] {
                for image in [format!("{}:1", image.0), format!("{}@{}", image.0, image.1)] {
                    let case = self.case("by label", "shop", image);
                    case.tier = Some(tier);
                    case.name.push_str(tier);
                }
            }
        }
    }
}
