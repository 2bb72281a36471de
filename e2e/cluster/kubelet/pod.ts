import type { KubeObject } from '../kube-object.ts';

/** The fields of a Pod that the mini kubelet honours. */
export interface Pod extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly uid: string;
    readonly namespace: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec: {
    readonly containers: readonly [Container, ...Container[]];
    readonly volumes?: readonly Volume[];
    readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
    readonly serviceAccountName?: string;
    readonly terminationGracePeriodSeconds?: number;
  };
  readonly status: { readonly phase?: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFrom[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: KeyReference;
    readonly configMapKeyRef?: KeyReference;
  };
}

export interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface EnvFrom {
  readonly prefix?: string;
  readonly secretRef?: { readonly name: string; readonly optional?: boolean };
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean };
}

export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: 'HTTP' | 'HTTPS';
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
}

interface DataSource {
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

export interface ProjectedSource {
  readonly serviceAccountToken?: { readonly path: string; readonly audience?: string };
  readonly configMap?: DataSource & { readonly name: string };
  readonly secret?: DataSource & { readonly name: string };
  readonly downwardAPI?: {
    readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];
  };
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly secret?: DataSource & { readonly secretName: string };
  readonly configMap?: DataSource & { readonly name: string };
  readonly projected?: { readonly sources?: readonly ProjectedSource[] };
}

export interface PodAddress {
  readonly ipv4: string;
  readonly ipv6: string | undefined;
}

export function addressesOf({ ipv4, ipv6 }: PodAddress): string[] {
  return ipv6 ? [ipv4, ipv6] : [ipv4];
}
