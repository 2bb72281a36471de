#!/bin/sh
# Removes Elasti and leaves nothing asleep, paused or redirected: what sleeps is woken while somebody is there to do it.
# Argument: the kustomization that was installed, such as manifests/default. It may be run again where it was broken off.
set -eu
installed=${1:?the kustomization that was installed, such as manifests/default}

elastiservices() {
  definition=$(kubectl get customresourcedefinition elastiservices.elasti.truefoundry.com --ignore-not-found --output=name)
  [ -z "$definition" ] || kubectl get elastiservices --all-namespaces --no-headers --ignore-not-found
}

# In assignments, so that a question that fails ends the script: it is no "none".
there=$(elastiservices)
if [ -n "$there" ]; then
  # Without the hook service the deletion would wait for ever.
  kubectl rollout status deployment/elasti-operator-controller --namespace elasti --timeout=2m
  kubectl delete elastiservices --all --all-namespaces --timeout=10m
fi
left=$(elastiservices)
if [ -n "$left" ]; then
  echo "somebody, perhaps a GitOps controller, makes ElastiServices anew; nothing else was removed:" >&2
  echo "$left" >&2
  exit 1
fi
kubectl delete compositecontroller elasti --ignore-not-found
kubectl delete -k "$installed" --ignore-not-found
